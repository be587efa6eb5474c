"""Whether an animated GIF is complete: FFmpeg silently fills up a last picture that was cut short."""

import pathlib

SIGNATURES = (b"GIF87a", b"GIF89a")
EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
"""First bytes of blocks."""
HEADER, DESCRIPTOR = 13, 10
"""Bytes of the file's header and of an image's, before the colours."""


def whole_pictures(path: pathlib.Path | str) -> int | None:
    """How many pictures of a truncated GIF are whole; None for a complete GIF and for other files."""
    with open(path, "rb") as file:
        if file.read(6) not in SIGNATURES:
            return None
        file.seek(0)
        data = file.read()
    try:
        return _count(data)
    except IndexError:
        return None


def _count(data: bytes) -> int | None:
    """As `whole_pictures`, from the bytes of a GIF. Raises IndexError if its header is incomplete."""
    position, pictures = HEADER + _colours(data[10]), 0
    while position < len(data) and data[position] != TRAILER:
        kind = data[position]
        if kind == EXTENSION:
            begin = position + 2
        elif kind == IMAGE and position + DESCRIPTOR < len(data):
            begin = position + DESCRIPTOR + _colours(data[position + DESCRIPTOR - 1]) + 1
        else:
            return pictures
        end = _end_of_parts(data, begin)
        if end is None:
            return pictures
        position, pictures = end, pictures + (kind == IMAGE)
    return None


def _colours(flags: int) -> int:
    """Bytes of a colour table, given the flags before it."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_parts(data: bytes, position: int) -> int | None:
    """Where a series of parts ends, each preceded by its length, the last of length 0; None if the file ends first."""
    while position < len(data):
        if data[position] == 0:
            return position + 1
        position += 1 + data[position]
    return None
