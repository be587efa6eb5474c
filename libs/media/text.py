"""Text files as the world has them: UTF-8 with or without a byte order mark, UTF-16 with one."""

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
        OSError: the file cannot be read. UnicodeError: it is not text in UTF-8, nor in UTF-16 or UTF-32 with a mark.
    """
    content = pathlib.Path(path).read_bytes()
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    return content.decode(encoding)


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
