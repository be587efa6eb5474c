"""A comparison is over the sequences that all trackers finished, and says so."""

from collections.abc import Collection, Mapping

from libs.utils.errors import DataError

MOST_NAMED = 8


def shared_names(
    finished: Mapping[str, Collection[str]], names: list[str], dataset: str
) -> tuple[list[str], list[str]]:
    """The sequences or videos that a comparison is over.

    Args:
        finished: label of each tracker -> names that it has results of.
        names: all of the dataset.
        dataset: its name, for the message.

    Returns:
        (the names that all have finished, in their order; notes for the tables). One tracker is compared with nothing:
        all names, no note.

    Raises:
        DataError: there is none.
    """
    if len(finished) == 1:
        return names, []
    shared = [name for name in names if all(name in of_one for of_one in finished.values())]
    if not shared:
        counts = ", ".join(f"{label} has {len(of_one)}" for label, of_one in finished.items())
        raise DataError(f"no sequence of {dataset} is finished by all: of {len(names)}, {counts}; run them first")
    return shared, notes_on(names, shared)


def notes_on(names: list[str], shared: Collection[str]) -> list[str]:
    """What a table says where not all sequences are compared: one sentence or none."""
    left_out = [name for name in names if name not in shared]
    if not left_out:
        return []
    return [f"over the {len(shared)} of {len(names)} sequences that all have finished, without {first_few(left_out)}"]


def first_few(names: list[str]) -> str:
    """The first names in words, and '...' where there are more."""
    return ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
