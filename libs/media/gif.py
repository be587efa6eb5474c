"""Whether an animated GIF is all there: FFmpeg fills up a last picture that was cut short, and says nothing."""

import pathlib

SIGNATURES = (b"GIF87a", b"GIF89a")
EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
"""What blocks begin with."""
HEADER, DESCRIPTOR = 13, 10
"""Bytes of the file's header and of an image's, before its colours."""


def whole_pictures(path: pathlib.Path | str) -> int | None:
    """How many pictures of a GIF that was cut short are whole; None for one that is whole, and for other files."""
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
    """As `whole_pictures`, of the bytes of a GIF. Raises IndexError where its header is not whole."""
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
    """Bytes of a table of colours, by the flags before it."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_parts(data: bytes, position: int) -> int | None:
    """Where the parts end, each behind its length, the last one of length 0; None if the file ends before."""
    while position < len(data):
        if data[position] == 0:
            return position + 1
        position += 1 + data[position]
    return None
