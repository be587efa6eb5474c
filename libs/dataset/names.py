"""Names read from list files: plain folder or file names, never a way out of their folder."""

import pathlib

from libs.utils.errors import DataError

LONGEST_NAME = 200
"""Bytes of a name at most: file systems allow 255, and endings are put behind."""


def check_name(name, origin):
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


def check_inside(path, folder):
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


def read_lines(path, what):
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
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as text ({error}): it should hold {what}") from error
    while lines and not lines[-1]:
        lines.pop()
    return lines


def read_names(path, what="one sequence name a line"):
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
