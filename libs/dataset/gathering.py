"""Uses the readable part of a dataset: one warning counts and names what is missing or damaged."""

import warnings
from collections.abc import Callable, Iterable
from typing import TypeVar

from libs.utils.errors import DataError

EXPLAINED, NAMED = 3, 20
"""How many omissions the warning gives with a reason, and how many more by name only."""

Name = TypeVar("Name")
Read = TypeVar("Read")


def gather(
    names: Iterable[Name], read: Callable[[Name], Read], origin: object, strict: bool = False, what: str = "sequences"
) -> list[Read]:
    """`read(name)` for each name, without those that raise a DataError.

    Args:
        names: of sequences, in the order of the result.
        read: returns the entry for a name.
        origin: the dataset's folder or file, for messages.
        strict: raise the first error instead of warning about all of them.
        what: plural noun for the entries, for messages.

    Raises:
        DataError: nothing can be read; or the first one, if `strict`.
    """
    kept, lost = [], {}
    for name in names:
        try:
            kept.append(read(name))
        except DataError as error:
            if strict:
                raise
            lost[name] = error
    if not kept:
        reason = f": {next(iter(lost.values()))}" if lost else "; is it the right one?"
        raise DataError(f"{origin} holds no {what} that can be read{reason}")
    if lost:
        count = f"{len(lost)} of {len(lost) + len(kept)} {what} in {origin} are left out"
        warnings.warn(f"{count} ({_explain(lost)})", stacklevel=3)
    return kept


def _explain(lost: dict[Name, DataError]) -> str:
    explained = "; ".join(f"{name}: {error}" for name, error in list(lost.items())[:EXPLAINED])
    further = list(lost)[EXPLAINED:]
    if not further:
        return explained
    named = ", ".join(map(str, further[:NAMED]))
    return f"{explained}; also {named}{' and others' if len(further) > NAMED else ''}"
