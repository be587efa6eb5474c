"""Files and folders that are either absent or whole (written to a neighbour first, which is then renamed), and JSON."""

import contextlib
import json
import os
import pathlib
import shutil

from libs.utils.errors import DataError


@contextlib.contextmanager
def whole_or_absent(path):
    """Context in which to write a file or folder: yields the path of a draft, which becomes `path` at the end.

    The draft has the ending of `path`; it is deleted when the block fails. What was at `path` is replaced.

    Args:
        path: where the file or folder shall be; its parents are made.

    Raises:
        DataError: the folder cannot be written.
    """
    path = pathlib.Path(path)
    # Named by the process, so that two that share a folder cannot write into one file.
    draft = path.with_name(f".{os.getpid()}.{path.name}")
    with _explain(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield draft
        with _explain(path):
            if draft.is_dir() and path.is_dir():
                shutil.rmtree(path)
            draft.replace(path)
    finally:
        if draft.is_dir():
            shutil.rmtree(draft)
        draft.unlink(missing_ok=True)


def write_text(path, text):
    """Write a text file (UTF-8), whole or not at all. Raises DataError when the folder cannot be written."""
    with whole_or_absent(path) as draft, _explain(path):
        draft.write_text(text, encoding="utf-8")


def read_json(path):
    """Content of a JSON file (UTF-8). Raises DataError when it is missing, unreadable, or nested too deeply."""
    try:
        return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read as JSON ({error})") from error


@contextlib.contextmanager
def _explain(path):
    """What the system says against writing, as a DataError."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}); choose another folder") from error
