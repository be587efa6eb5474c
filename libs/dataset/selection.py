"""Selects sequences and objects of a dataset: split files, and lists of what is held out."""

import pathlib
import warnings
from collections.abc import Collection, Sequence

from libs.dataset.names import check_name
from libs.media.text import read_lines
from libs.utils.errors import DataError

Lines = pathlib.Path | str | Sequence[str]
"""Path of a list file, or a list of lines; a line is `sequence` or `sequence-object`."""


def choose(
    split: Lines | None, held_out: Lines | None, available: Sequence[str], root: pathlib.Path, strict: bool = False
) -> list[tuple[str, set[int] | None, set[int]]]:
    """The sequences of a split that are not held out, with the objects to use in each.

    Args:
        split: what to use; None for all.
        held_out: what to leave out; None or an empty list for nothing.
        available: names of the existing sequences.
        root: the dataset's folder, for messages.
        strict: as for `read_selection`.

    Returns:
        list of (name, ids to keep or None for all, ids to leave out), in the order of the split.

    Raises:
        DataError: as `read_selection`.
    """
    held = read_selection(held_out, available, root, strict) if held_out else {}
    chosen = dict.fromkeys(available) if split is None else read_selection(split, available, root, strict)
    nothing: set[int] = set()
    kept = [(name, ids, held.get(name, nothing)) for name, ids in chosen.items()]
    return [(name, ids, without) for name, ids, without in kept if without is not None]


def read_selection(
    source: Lines, available: Collection[str], root: pathlib.Path, strict: bool = False
) -> dict[str, set[int] | None]:
    """Which sequences, and which of their objects, a list names; D3S's `vos-list-train.txt` is such a list.

    Args:
        source: the list.
        available: names of the existing sequences.
        root: the dataset's folder, for messages.
        strict: whether a line that names something unknown is an error; otherwise one warning covers all such lines.

    Returns:
        dict sequence name -> set of object ids, or None for all of its objects; in the order of the list.

    Raises:
        DataError: the list is missing or empty, a line is malformed (the message names it), or every line is unknown.
    """
    is_file = isinstance(source, str | pathlib.Path)
    lines = read_lines(source, "a sequence or sequence-object a line") if is_file else source
    available, selection, unknown = set(available), {}, []
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        origin = f"{source}, line {number}" if is_file else "list"
        found = _parse_line(line, available, origin)
        if found is None:
            unknown.append(
                f"{origin}: {root} has no sequence {line!r}, nor is it a sequence and a number of its objects"
            )
            continue
        ids = selection.setdefault(found[0], set())
        selection[found[0]] = None if found[1] is None or ids is None else ids | {found[1]}
    if unknown and (strict or not selection):
        raise DataError(unknown[0])
    if unknown:
        count = f"{len(unknown)} of {len(unknown) + len(selection)} lines"
        warnings.warn(f"{count} name what is absent: {unknown[0]}", stacklevel=3)
    if not selection:
        raise DataError(
            f"{source if is_file else 'the list'} names nothing; write a sequence or sequence-object a line"
        )
    return selection


def _parse_line(line: str, available: set[str], origin: str) -> tuple[str, int | None] | None:
    """(name, object id or None) of a line; None if there is no such sequence.

    Names may contain hyphens, so a sequence named exactly like the line takes precedence.
    """
    check_name(line, origin)
    if line in available:
        return line, None
    name, _, object_id = line.rpartition("-")
    if name in available and object_id.isdecimal() and int(object_id) > 0:
        return name, int(object_id)
    return None
