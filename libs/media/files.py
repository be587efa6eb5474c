"""Files and folders that are either absent or whole, whatever ends the process; folders with one writer; JSON."""

import contextlib
import errno
import glob
import itertools
import json
import os
import pathlib
import shutil
import socket
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import filelock

from libs.media.text import read_text
from libs.utils.errors import DataError, FullDiskError, SettingsError

FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
DISK_ERRORS = (*FULL_DISK, errno.EROFS)
"""Errors that only a disk raises, so that they differ from other errors of the block that writes."""


@contextlib.contextmanager
def whole_or_absent(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Context for writing a file or folder: yields the path of a draft, which becomes `path` at the end.

    The draft has the ending of `path` and is deleted when the block fails; the draft of a killed process is deleted
    when `path` is next written. Whatever was at `path` is replaced.

    Args:
        path: of the file or folder; its parents are created.

    Raises:
        DataError: the folder cannot be written, or the disk is full.
    """
    path = pathlib.Path(path)
    # Named after the process, so that two processes that share a folder cannot write into one file.
    draft = path.with_name(f"{_mark()}{os.getpid()}.{path.name}")
    with explain_writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _delete_abandoned_drafts(path)
    try:
        with explain_writing(path, DISK_ERRORS):
            yield draft
        with explain_writing(path):
            _put(draft, path)
    finally:
        _delete(draft)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write a text file (UTF-8), whole or not at all. Raises DataError if the folder cannot be written."""
    with whole_or_absent(path) as draft, explain_writing(path):
        draft.write_text(text, encoding="utf-8")


def create_file(path: pathlib.Path, content: bytes, kept: str = "") -> None:
    """Write a file that does not exist yet, whole or not at all.

    Args:
        path: of the file.
        content: of the file.
        kept: what is kept in any case, for the message.

    Raises:
        DataError: the file exists, or the folder cannot be written.
    """
    with explain_writing(path, kept=kept):
        file = path.open("xb")
        try:
            with file:
                file.write(content)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def numbered_paths(path: pathlib.Path, ending: str = "") -> Iterator[pathlib.Path]:
    """`path`, and without end `<path>_2<ending>`, `<path>_3<ending>`, ...; `ending` is what its own name ends in."""
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.name.removesuffix(ending)}_{number}{ending}")


def free_path(path: pathlib.Path, ending: str = "") -> pathlib.Path:
    """The first of `numbered_paths` that is free; a broken link is not."""
    return next(free for free in numbered_paths(path, ending) if not os.path.lexists(free))


def check_outputs(
    outputs: Iterable[str | os.PathLike | None], inputs: Iterable[str | os.PathLike | None], option: str
) -> None:
    """Make sure that no output overwrites an input, not even through a link or a hard link.

    Args:
        outputs: files and folders to be written; None is skipped.
        inputs: files and folders to be read, or other sources, such as the number of a camera.
        option: the one that names the outputs, for the message.

    Raises:
        SettingsError: an output is an input, or a folder that holds one.
    """
    read = [pathlib.Path(given).expanduser() for given in inputs if given is not None]
    written = [pathlib.Path(given).expanduser() for given in outputs if given is not None]
    for output, given in itertools.product(written, read):
        if _is_or_holds(output, given):
            raise SettingsError(f"{output} would be written over the input {given}; give another {option}")


def _is_or_holds(output: pathlib.Path, given: pathlib.Path) -> bool:
    try:
        same = output.samefile(given)
    # One of them does not exist, or is not a path.
    except (OSError, ValueError):
        return False
    return same or (output.is_dir() and given.resolve().is_relative_to(output.resolve()))


def read_json(path: str | os.PathLike) -> Any:
    """Content of a JSON file. Raises DataError if it is missing, unreadable, or nested too deeply."""
    try:
        return json.loads(read_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read as JSON ({error})") from error


@contextlib.contextmanager
def sole_writer(folder: str | pathlib.Path) -> Iterator[None]:
    """Context that locks a folder, created if absent, against other processes that use this context.

    The system releases the lock when the process ends, however it ends.

    Raises:
        SettingsError: another process is writing there. DataError: the folder cannot be written.
    """
    path = pathlib.Path(folder) / ".lock"
    lock = filelock.FileLock(path, blocking=False)
    with explain_writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except filelock.Timeout as error:
            raise SettingsError(
                f"another process is writing to {path.parent}; wait for its end, or give another folder or name"
            ) from error
    try:
        yield
    finally:
        # Before the lock is released, so that nobody else's file is deleted.
        path.unlink(missing_ok=True)
        lock.release()


@contextlib.contextmanager
def explain_writing(path: str | os.PathLike, numbers: Collection[int] | None = None, kept: str = "") -> Iterator[None]:
    """Context that turns a system error into a DataError: `path` cannot be written.

    Args:
        path: what is written.
        numbers: the `errno` values that it turns; None: all.
        kept: what is kept of it, for the message.

    Raises:
        DataError: naming the path and what the system says; FullDiskError if the disk is full.
    """
    try:
        yield
    except OSError as error:
        if numbers is not None and error.errno not in numbers:
            raise
        problem = "; ".join(filter(None, [f"{path} cannot be written ({error.strerror})", kept]))
        if error.errno in FULL_DISK:
            raise FullDiskError(f"{problem}; make room, or choose another folder") from error
        raise DataError(f"{problem}; choose another folder") from error


def _mark() -> str:
    """Start of the names of this machine's drafts, before the number of the process."""
    return f".{socket.gethostname()}-"


def _put(draft: pathlib.Path, path: pathlib.Path) -> None:
    """Move a draft to its place; a file replaces another in one step, a folder nearly so."""
    old = draft.with_name(f"{_mark()}{os.getpid()}.old.{path.name}")
    while True:
        if draft.is_dir() and path.is_dir():
            with contextlib.suppress(FileNotFoundError):  # another process was quicker
                path.rename(old)
        try:
            draft.replace(path)
            break
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            _delete(old)  # another process has just put its folder there
    _delete(old)


def _delete_abandoned_drafts(path: pathlib.Path) -> None:
    """Delete drafts of `path` left by killed processes of this machine."""
    for draft in path.parent.glob(f"{glob.escape(_mark())}*.{glob.escape(path.name)}"):
        process = draft.name.removeprefix(_mark()).partition(".")[0]
        if process.isdecimal() and not _is_running(int(process)):
            _delete(draft)


def _is_running(process: int) -> bool:
    if os.name != "posix":
        return True  # other systems have no harmless way to ask
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _delete(path: pathlib.Path) -> None:
    """Delete a file or folder if it exists; another process may be doing the same."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
