"""Names read from list files: plain folder or file names that cannot lead out of their folder.

Links are followed, wherever they lead, because somebody made them on purpose. A dataset, its sequences and its files
may all be links, as with git-annex and DVC, or in a subset of a dataset that consists of links.
"""

import pathlib

from libs.media.text import read_lines
from libs.utils.errors import DataError

LONGEST_NAME = 200
"""Most bytes in a name: file systems allow 255, and endings are appended."""


def check_name(name: object, origin: object) -> str:
    """Returns `name` if it is one plain path component.

    Args:
        name: a sequence or image name from a list, meta.json or the command line.
        origin: where it was read, for the error message (a file, or a file and line).

    Raises:
        DataError: the name is empty or absolute, has a separator or unprintable characters, is '.' or '..', or is too
            long for a file name.
    """
    if not isinstance(name, str) or not _is_plain(name):
        raise DataError(f"{origin}: {name!r:.80} is not the name of a sequence; write the plain name of its folder")
    return name


def _is_plain(name: str) -> bool:
    if not name.isprintable() or name in ("", ".", ".."):
        return False
    return not any(c in name for c in "/\\") and ":" not in name[:2] and len(name.encode()) <= LONGEST_NAME


def plain_path(text: str, origin: object) -> pathlib.PurePosixPath:
    """The relative path that a file names, such as `color/00000001.jpg`; each of its parts is a plain name.

    Args:
        text: as read, with `/` or `\\` between the parts.
        origin: where it was read, for the error message.

    Raises:
        DataError: as `check_name` for each part, so that the path cannot lead out of the folder.
    """
    path = pathlib.PurePosixPath(text.replace("\\", "/"))
    for part in path.parts or ("",):
        check_name(part, origin)
    return path


def read_names(path: pathlib.Path | str, what: str = "one sequence name a line") -> list[str]:
    """The names in a list file, in its order, without blank lines.

    Raises:
        DataError: the file is missing or empty, or a line is not a plain name or is a repeated one.
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
