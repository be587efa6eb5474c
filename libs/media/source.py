"""What every source of frames offers: its frames by number, time and image, all of one size."""

import dataclasses
import hashlib
import logging
import os
from collections.abc import Iterator

import numpy as np

from libs.media.frames import Frames
from libs.media.images import scale_image
from libs.utils.errors import DataError

FRAMES_PER_SECOND = 25.0
"""Rate of sources without their own, such as a folder of images."""


@dataclasses.dataclass(frozen=True)
class SourceFrame:
    """One frame of a source.

    Attributes:
        index: its number in the source, from 0; outputs for it use this number.
        time: seconds since the first frame, by the file's own clock or by when the camera delivered it.
        image: RGB uint8 (H, W, 3); None where the frame cannot be read.
        error: why it cannot be read; names the file.
        origin: where it comes from, for messages: its file, or the video and its number.
        is_end: whether it is not a frame but an end that came too early; `error` says why.
    """

    index: int
    time: float
    image: np.ndarray | None
    error: DataError | None = None
    origin: str = ""
    is_end: bool = False


class Source:
    """Frames one at a time, none of which is kept once the next is read; a context manager.

    Iterating yields a `SourceFrame` for each, all of the size of the first: others are scaled to it, with a warning
    that names the first of them. A frame that cannot be read is yielded too, without an image; `readable_frames`
    decides what becomes of it.

    Attributes:
        name: for results: the file's without ending, the folder's, or the camera's.
        origin: absolute path, or address without user name and password; tells two sources of one name apart.
        frames_per_second: of the file or camera, `FRAMES_PER_SECOND` if it has none.
        expected_length: number of frames by the header, None if unknown. Headers can be wrong: for progress bars only.
        is_live: whether frames come at their own time rather than on demand.
        dropped: how many frames of a live source were left out so far, because they came faster than they were taken.
    """

    name: str
    origin: str
    frames_per_second: float = FRAMES_PER_SECOND
    expected_length: int | None = None
    is_live: bool = False
    dropped: int = 0

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[SourceFrame]:
        size, warned = None, False
        for frame in self._frames():
            if frame.image is not None:
                size = size or frame.image.shape[1::-1]
                if frame.image.shape[1::-1] != size:
                    if not warned:
                        _warn_of_size(frame.origin, frame.image, size)
                        warned = True
                    frame = dataclasses.replace(frame, image=scale_image(frame.image, size))
            yield frame

    def frame_index(self, name: str) -> int | None:
        """Index of the frame that a file called `name`, without ending, belongs to; None if there is no such frame."""
        return int(name) if name.isdecimal() else None

    def frames(self) -> Frames:
        """The frames in any order. Raises DataError if they only come in sequence."""
        raise DataError(f"{self.name} is live, so that it can be followed forwards only; give a file or folder")

    def fingerprint(self) -> str:
        """Text that identifies this source: where it is and, for a file, how it begins."""
        return hashlib.sha256(self.origin.encode(errors="surrogateescape") + self._head()).hexdigest()[:16]

    def close(self) -> None:
        """Release the file or device."""

    def _head(self) -> bytes:
        """The first bytes, if there is a file."""
        return b""

    def _frames(self) -> Iterator[SourceFrame]:
        """The frames as they are, of whatever sizes."""
        raise NotImplementedError


def readable_frames(source: Source, skip: bool = False) -> Iterator[SourceFrame]:
    """The frames of a source that have an image.

    Args:
        source: of frames, perhaps with unreadable ones.
        skip: whether to continue after an unreadable frame; it then has the previous frame's image, and `error` set, so
            that it can repeat the previous frame's results. An end that comes too early is still the end.

    Raises:
        DataError: of the first frame that cannot be read, unless it is skipped. The first frame of all never is.
    """
    image = None
    for frame in source:
        if frame.error is not None:
            if not skip or image is None:
                raise frame.error
            if frame.is_end:
                logging.warning("%s", frame.error)
                return
            logging.warning("%s; the last state is repeated", frame.error)
            frame = dataclasses.replace(frame, image=image)
        image = frame.image
        yield frame


def read_head(path: str | os.PathLike) -> bytes:
    """The first 64 KiB of a file; empty if it is not a file or cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(1 << 16)
    except OSError:
        return b""


def _warn_of_size(origin: str, image: np.ndarray, size: tuple[int, int]) -> None:
    height, width = image.shape[:2]
    logging.warning(
        "%s is %d x %d pixels; it, and what follows, is scaled to the first frame's %d x %d",
        *(origin, width, height, *size),
    )
