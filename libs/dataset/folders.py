"""Shared by the readers: which sequences a dataset's folder holds, and in which order."""

import pathlib
from collections.abc import Iterable, Sequence

from libs.dataset.names import read_names
from libs.utils.errors import DataError


def check_folder(folder: pathlib.Path | str, content: str) -> pathlib.Path:
    """`folder` as a path.

    Args:
        folder: a dataset's folder.
        content: what it should hold, for the error message.

    Raises:
        DataError: it is not a folder.
    """
    folder = pathlib.Path(folder).expanduser()
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; it should hold {content}")
    return folder


def inner_folder(folder: pathlib.Path, names: Iterable[str]) -> pathlib.Path:
    """The first of `names` (which may be several levels deep) that is a folder in `folder`, else `folder` itself."""
    return next((folder / name for name in names if (folder / name).is_dir()), folder)


def sequence_names(folder: pathlib.Path, lists: Sequence[str], found: Iterable[str]) -> list[str]:
    """The sequences of a dataset: those in its list file, else all of them sorted by name.

    Args:
        folder: the dataset's folder.
        lists: file names of lists; the first that exists in `folder` is read.
        found: names of all sequences, for a dataset without a list.

    Raises:
        DataError: a list is malformed, or there is no sequence.
    """
    path = next((folder / name for name in lists if (folder / name).is_file()), None)
    names = read_names(path) if path else sorted(found)
    if not names:
        raise DataError(f"{folder} holds no sequence in the layout of this dataset; is it the right folder?")
    return names


def subfolders(folder: pathlib.Path) -> list[pathlib.Path]:
    """The folders in `folder` except hidden ones, sorted by name; none if it is missing."""
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def names_in_either(texts: pathlib.Path, images: pathlib.Path) -> set[str]:
    """Names of the .txt files in one folder and the folders in the other, so that errors can name unpaired ones."""
    return {path.stem for path in texts.glob("*.txt")} | {path.name for path in subfolders(images)}
