"""The formats by name, and detection of a file's or folder's format."""

import dataclasses
import difflib
import functools
import importlib
import os
import pathlib
import pkgutil

from libs.media.annotations import formats
from libs.media.annotations.format import Format
from libs.media.annotations.record import Recording, Video
from libs.utils.errors import DataError, SettingsError


@functools.cache
def known_formats() -> dict[str, type[Format]]:
    """Name -> class of every format, sorted by name."""
    found = {}
    for module in pkgutil.iter_modules(formats.__path__):
        for value in vars(importlib.import_module(f"{formats.__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Format) and hasattr(value, "name"):
                found[value.name] = value
    return dict(sorted(found.items()))


def find_format(name: str, tolerance: float = 0.0) -> Format:
    """The format with a name.

    Args:
        name: as commands take it.
        tolerance: see `Format`.

    Raises:
        SettingsError: the format is unknown; the message names the nearest and all formats.
    """
    known = known_formats()
    if name not in known:
        nearest = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0)[0]
        raise SettingsError(f"there is no format {name!r} (did you mean {nearest}?); there is: {', '.join(known)}")
    return known[name](tolerance)


def detect_format(path: str | os.PathLike) -> Format:
    """The format of a file or folder, judged by its content.

    Raises:
        DataError: it does not exist, or fits no format or several; the message says what to do.
    """
    path = _existing(path)
    found = [each() for each in known_formats().values() if each().recognises(path)]
    if not found:
        raise DataError(
            f"{path} is in none of the formats {', '.join(known_formats())}, or is damaged; name its format to see why"
        )
    if len(found) > 1:
        names = " or ".join(each.name for each in found)
        raise DataError(f"{path} could be in the format {names}; say which by --from")
    return found[0]


def is_annotation(path: pathlib.Path) -> bool:
    """Whether a file or folder looks like annotations of any format."""
    return path.exists() and any(each().recognises(path) for each in known_formats().values())


def read_annotations(path: str | os.PathLike, form: str | None = None, video: Video | None = None) -> Recording:
    """The annotations in a file or folder of any format.

    Args:
        path: of the file or folder.
        form: name of its format; None: judged by its content.
        video: what is known of the video; formats that do not hold the size of the images need it.

    Raises:
        DataError: it cannot be read; the message names file and place, and what to do.
        SettingsError: the format is unknown, or a library is missing.
    """
    path = _existing(path)
    video = video or Video()
    recording = (find_format(form) if form else detect_format(path)).read(path, video)
    if not recording.entries:
        raise DataError(f"{path} holds no annotations")
    size = recording.video.size or video.size
    return dataclasses.replace(recording, video=dataclasses.replace(recording.video, size=size))


def _existing(path: str | os.PathLike) -> pathlib.Path:
    """The path, with ~ expanded. Raises DataError if it does not exist."""
    path = pathlib.Path(path).expanduser()
    if not path.exists():
        raise DataError(f"{path} does not exist; give a file or folder of annotations")
    return path
