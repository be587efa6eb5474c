"""Frames of a video in any order, read on demand."""

import collections
import functools
import logging
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from libs.media.images import read_image, scale_image
from libs.utils.errors import DataError

Frames = Sequence[np.ndarray]
"""RGB uint8 images (H, W, 3) by their index from 0."""
MOST_FRAMES, MOST_BYTES = 64, 2**28
"""How many decoded frames of a video file are kept, so that going backwards decodes each a few times at most."""
FEW_FRAMES = 2
"""The same when a single frame is wanted."""


class ImageFrames(Frames):
    """Image files as frames, all scaled to the size of the first.

    Args:
        files: in order.
    """

    def __init__(self, files: Sequence[pathlib.Path]) -> None:
        self._files = files
        self._size: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: Any) -> np.ndarray:
        """Frame `index`. Raises DataError where it cannot be read."""
        if self._size is None:
            self._size = read_image(self._files[0]).shape[1::-1]
        return scale_image(read_image(self._files[index], self._files[0]), self._size)


class VideoFrames(Frames):
    """A video file as frames, found by their own times; the header's rate and length are not used.

    Args:
        address: absolute path, or URL.
        origin: for messages.
        most: how many decoded frames are kept.

    Attributes:
        is_torn: whether the file ends within a frame, which is then not counted.
        problem: why frames are missing, if any are.

    Raises:
        DataError: the file cannot be opened, or its frames have no times.
    """

    def __init__(self, address: str | os.PathLike, origin: str, most: int = MOST_FRAMES) -> None:
        # Late: it loads a second FFmpeg.
        import av
        from av.error import FFmpegError

        self._origin, self._failure, self._most = origin, FFmpegError, most
        try:
            packets = _packets_of(str(address))
            # A frame that the file ends in would be decoded in part.
            times = [time for time, is_torn in packets if not is_torn]
            self.is_torn = len(times) < len(packets)
            self.problem: DataError | None = None
            self._container = av.open(str(address))
        except (FFmpegError, IndexError) as error:
            raise DataError(f"video {origin} cannot be read: it is damaged, or no video ({error})") from error
        if not times:
            raise DataError(f"video {origin} holds no whole frame: it is damaged or cut short")
        if None in times or len(set(times)) < len(times):
            raise DataError(
                f"video {origin}: its frames have no times of their own, so that it is read forwards only; bring it "
                "into another container, such as .mp4, or make it a folder of images"
            )
        self._times = sorted(times)
        self._places = {time: index for index, time in enumerate(self._times)}
        self._kept: collections.OrderedDict[int, np.ndarray] = collections.OrderedDict()
        self._next, self._decoded = 0, self._decode()

    def __len__(self) -> int:
        return len(self._times)

    def __getitem__(self, index: Any) -> np.ndarray:
        """Frame `index`, turned upright. Raises DataError if it cannot be read."""
        if index not in range(len(self)):
            raise IndexError(index)
        if index not in self._kept:
            self._read_to(index)
        if index not in self._kept:
            raise DataError(f"video {self._origin}, frame {index}, cannot be read: the file is damaged there")
        return self._kept[index]

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _read_to(self, index: int) -> None:
        """Decode up to a frame and keep those before it, as far as there is room."""
        room = self._room()
        if not self._next <= index < self._next + room:
            self._container.seek(self._times[max(0, index - room + 1)], stream=self._stream)
            self._decoded = self._decode()
        for place, frame in self._decoded:
            self._next = place + 1
            if place > index - room:
                turned = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90) % 4)
                self._kept[place] = np.ascontiguousarray(turned)
            while len(self._kept) > room:
                self._kept.popitem(last=False)
            if place >= index:
                return

    def _room(self) -> int:
        """How many frames may be kept."""
        size = max((image.nbytes for image in self._kept.values()), default=1)
        return max(FEW_FRAMES, min(self._most, MOST_BYTES // size))

    @property
    def _stream(self) -> Any:
        return self._container.streams.video[0]

    def _decode(self) -> Iterator[tuple[int, Any]]:
        """Index and frame of each frame decoded next, up to the end or to one that cannot be decoded."""
        try:
            for frame in self._container.decode(self._stream):
                if frame.pts in self._places:
                    yield self._places[frame.pts], frame
        except self._failure:
            return


def _packets_of(address: str) -> Sequence[tuple[Any, bool]]:
    """Time of each packet of a video, and whether it is damaged; cached for as long as the file does not change."""
    try:
        status = os.stat(address)
    # An address.
    except OSError:
        return _scan(address)
    return _scan_file(address, (status.st_mtime_ns, status.st_size))


@functools.lru_cache(maxsize=64)
def _scan_file(address: str, stamp: tuple[int, int]) -> Sequence[tuple[Any, bool]]:
    """See `_packets_of`; cached, as reading through a long file for each single frame would take most of the time."""
    return _scan(address)


def _scan(address: str) -> Sequence[tuple[Any, bool]]:
    # Late, as above.
    import av

    with av.open(address) as container:
        return [(packet.pts, packet.is_corrupt) for packet in container.demux(video=0) if packet.size]


class PartOfFrames(Frames):
    """Some of a video's frames, as a video of their own.

    Args:
        frames: of the video. indices: of the frames of the part, in order.

    Attributes:
        problem: of the video, if the part reaches its end.
    """

    def __init__(self, frames: Frames, indices: range) -> None:
        self._frames, self._indices = frames, indices
        reaches_end = indices.stop >= len(frames)
        self.problem: DataError | None = getattr(frames, "problem", None) if reaches_end else None

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: Any) -> np.ndarray:
        """Frame `index` of the part."""
        return self._frames[self._indices[index]]


class PatchedFrames(Frames):
    """Frames that repeat the image before wherever one cannot be read, with a warning.

    Args:
        frames: the first must be readable; else its DataError escapes.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._is_bad: dict[int, bool] = {}

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: Any) -> np.ndarray:
        """Frame `index`, or the nearest readable one before it."""
        for place in range(index, 0, -1):
            if not self._is_bad.get(place, False):
                try:
                    image = self._frames[place]
                    self._is_bad[place] = False
                    return image
                except DataError as error:
                    logging.warning("%s; the last state is repeated", error)
                    self._is_bad[place] = True
        self._is_bad[0] = False
        return self._frames[0]

    def is_bad(self, index: int) -> bool:
        """Whether a frame cannot be read."""
        if index not in self._is_bad:
            self[index]
        return self._is_bad[index]


class WatchedFrames(Frames):
    """Frames that remember which one could not be read.

    Attributes:
        failed: index of the last one that could not be read.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self.failed: int | None = None

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: Any) -> np.ndarray:
        """Frame `index`. Raises DataError where it cannot be read."""
        try:
            return self._frames[index]
        except DataError:
            self.failed = index
            raise
