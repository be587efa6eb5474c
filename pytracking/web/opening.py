"""Opens videos named by strangers: checks them before any decoder sees them, then reads frames in any order."""

import dataclasses
import pathlib
import threading

import numpy as np

from libs.media.frame_files import FrameFiles
from libs.media.frame_lists import IMAGE_SUFFIXES
from libs.media.frames import Frames
from libs.media.images import read_size
from libs.media.source import Source
from libs.media.sources import open_source
from libs.utils.errors import DataError
from pytracking.web.limits import Limits
from pytracking.web.places import Place

BEGINNINGS = {
    0: (
        *(b"\x1a\x45\xdf\xa3", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"\x47", b"GIF8", b"FLV\x01", b"OggS"),
        *(b"\x30\x26\xb2\x75", b"YUV4MPEG2"),
    ),
    4: (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"),
    8: (b"AVI ",),
}
"""Offset in a file -> the bytes that a kind of video has there: MKV and WebM, MPEG, GIF, FLV, Ogg, WMV; MP4; AVI."""


class LockedFrames(Frames):
    """Frames for several threads.

    Args:
        frames: frames that only one thread at a time may read.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames, self._lock = frames, threading.Lock()

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> np.ndarray:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Frame `index`. Raises as the wrapped frames do."""
        with self._lock:
            return self._frames[index]

    def close(self) -> None:
        """Close the file, if there is one."""
        close = getattr(self._frames, "close", None)
        if close is not None:
            with self._lock:
                close()


@dataclasses.dataclass(frozen=True)
class OpenVideo:
    """An open video.

    Attributes:
        source: from which it was opened.
        frames: in any order.
        size: (width, height) of its frames.
    """

    source: Source
    frames: LockedFrames
    size: tuple[int, int]

    def close(self) -> None:
        """Close the files."""
        self.frames.close()
        self.source.close()


def open_video(path: pathlib.Path, place: Place, limits: Limits) -> OpenVideo:
    """Open a video file, an image, or a folder of images.

    Args:
        path: of the file or folder, in `place`.
        place: nothing outside of it is read, not even through links.
        limits: that apply.

    Raises:
        DataError: it is not a video, or cannot be read. SettingsError: it is outside `place`, or above a limit.
    """
    if path.is_file() and path.suffix.lower() not in IMAGE_SUFFIXES | {".gif"}:
        _check_beginning(path)
    source = open_source(path)
    try:
        if isinstance(source, FrameFiles):
            for file in source.files:
                place.check(file)
            limits.check_size(*read_size(source.files[0]))
        frames = source.frames()
        limits.check_length(len(frames))
        height, width = frames[0].shape[:2]
        limits.check_size(width, height)
    except BaseException:
        source.close()
        raise
    return OpenVideo(source, LockedFrames(frames), (width, height))


def _check_beginning(path: pathlib.Path) -> None:
    """Check that a file is a video, because some text files make FFmpeg read other files and addresses.

    Raises:
        DataError: it does not begin like a video.
    """
    with path.open("rb") as file:
        head = file.read(16)
    if not any(head.startswith(kinds, place) for place, kinds in BEGINNINGS.items()):
        raise DataError(
            f"{path.name} is no video, whatever it is called; give MP4, MOV, MKV, WebM, AVI, MPEG, GIF or images"
        )
