"""Text files as they occur in practice: UTF-8 or UTF-16, with or without a byte order mark."""

import codecs
import os
import pathlib

from libs.utils.errors import DataError

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""In this order, because the mark of UTF-32 begins with that of UTF-16."""


def read_text(path: str | os.PathLike) -> str:
    """Content of a text file, without its byte order mark.

    Raises:
        OSError: the file cannot be read. UnicodeError: it is not text in UTF-8, in UTF-16 or UTF-32 with a mark, or in
            UTF-16 without a mark and with ASCII characters only.
    """
    content = pathlib.Path(path).read_bytes()
    return content.decode(_encoding(content))


def _encoding(content: bytes) -> str:
    for mark, name in BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return name
    for name, high in (("utf-16-le", content[1::2]), ("utf-16-be", content[::2])):
        # In ASCII as UTF-16 every other byte is 0, which no text in UTF-8 contains.
        if high and len(content) % 2 == 0 and not any(high) and content.count(0) == len(high):
            return name
    return "utf-8"


def read_lines(path: pathlib.Path | str, what: str) -> list[str]:
    """The lines of a text file, stripped, without the blank ones at its end.

    Args:
        path: the file.
        what: what the file should hold, for the error message.

    Raises:
        DataError: the file is missing or is not text.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise DataError(f"{path} is missing: it should hold {what}")
    try:
        lines = [line.strip() for line in read_text(path).splitlines()]
    except (OSError, UnicodeError) as error:
        raise DataError(f"{path} cannot be read as text ({error}): it should hold {what}") from error
    while lines and not lines[-1]:
        lines.pop()
    return lines
