"""Names read from list files: plain folder or file names, never a way out of their folder."""

import pathlib

from libs.media.text import read_lines
from libs.utils.errors import DataError

LONGEST_NAME = 200
"""Bytes of a name at most: file systems allow 255, and endings are put behind."""


def check_name(name: object, origin: object) -> str:
    """Returns `name` if it is one plain path component.

    Args:
        name: a sequence or image name from a list, meta.json or the command line.
        origin: where it was read, for the error message (a file, or a file and line).

    Raises:
        DataError: the name is empty, absolute, has a separator or unprintable characters, is '.' or '..', or longer
            than a file's name may be.
    """
    plain = isinstance(name, str) and name.isprintable() and name not in ("", ".", "..")
    if not plain or any(c in name for c in "/\\") or ":" in name[:2] or len(name.encode()) > LONGEST_NAME:
        raise DataError(f"{origin}: {name!r:.80} is not the name of a sequence; write the plain name of its folder")
    return name


def check_inside(path: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Returns `path` if it lies in `folder`, links followed.

    Args:
        path: made of `folder` and names that were read from a file.
        folder: of a dataset; may itself be a link.

    Raises:
        DataError: it is a link, or goes through one, that leads out of the folder.
    """
    if not path.resolve().is_relative_to(folder.resolve()):
        raise DataError(
            f"{path} is a link to {path.resolve()}, outside {folder}; files are read from inside a dataset's folder "
            "only: copy them there, or give the folder that they lie in"
        )
    return path


def read_names(path: pathlib.Path | str, what: str = "one sequence name a line") -> list[str]:
    """The names in a list file, in its order, blank lines left out.

    Raises:
        DataError: the file is missing or empty, or a line is not a plain name or stands there twice.
    """
    names = {}
    for number, line in enumerate(read_lines(path, what), start=1):
        if not line:
            continue
        if line in names:
            raise DataError(f"{path}, line {number}: {line!r} is listed twice (first in line {names[line]})")
        names[check_name(line, f"{path}, line {number}")] = number
    if not names:
        raise DataError(f"{path} is empty: it should hold {what}")
    return list(names)
