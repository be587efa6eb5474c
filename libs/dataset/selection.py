"""Which sequences and objects of a data set are used: split files, and lists of what is held out."""

from libs.dataset.names import check_name, read_lines
from libs.utils.errors import DataError


def choose(split, held_out, available, root):
    """The sequences of a split that are not held out, and which objects of them.

    Args:
        split: path of a list file, or a list of lines; a line is `sequence` or `sequence-object`. None takes all.
        held_out: the same, for what is left out; None or no lines: nothing.
        available: names of the sequences that there are.
        root: the data set's folder, for messages.

    Returns:
        list of (name, ids to keep or None for all, ids to leave out), in the order of the split.

    Raises:
        DataError: as `read_selection`.
    """
    held = read_selection(held_out, available, root) if held_out else {}
    chosen = dict.fromkeys(available) if split is None else read_selection(split, available, root)
    nothing = set()
    return [(name, ids, held.get(name, nothing)) for name, ids in chosen.items() if held.get(name, nothing) is not None]


def read_selection(source, available, root):
    """Which sequences, and which of their objects, a list names; D3S's `vos-list-train.txt` is such a list.

    Args:
        source: path of a list file, or a list of lines; a line is `sequence` or `sequence-object`.
        available: names of the sequences that there are.
        root: the data set's folder, for messages.

    Returns:
        dict sequence name -> set of object ids, or None for all of its objects; in the order of the list.

    Raises:
        DataError: the list is missing or empty, or a line (named) is malformed or names what there is not.
    """
    is_file = not isinstance(source, list | tuple)
    lines = read_lines(source, "a sequence or sequence-object a line") if is_file else source
    available, selection = set(available), {}
    for number, line in enumerate(lines, start=1):
        if line:
            name, object_id = _parse_line(line, available, f"{source}, line {number}" if is_file else "list", root)
            ids = selection.setdefault(name, set())
            selection[name] = None if object_id is None or ids is None else ids | {object_id}
    if not selection:
        raise DataError(
            f"{source if is_file else 'the list'} names nothing; write a sequence or sequence-object a line"
        )
    return selection


def _parse_line(line, available, origin, root):
    """(name, object id or None) of a line; names may hold hyphens, so a sequence called as the line goes first."""
    check_name(line, origin)
    if line in available:
        return line, None
    name, _, object_id = line.rpartition("-")
    if name in available and object_id.isdecimal() and int(object_id) > 0:
        return name, int(object_id)
    raise DataError(f"{origin}: {root} has no sequence {line!r}, nor is it a sequence and a number of its objects")
