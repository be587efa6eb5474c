"""Video files, and streams that are files elsewhere."""

import contextlib
import math
import os
from collections.abc import Iterator

import cv2
import numpy as np

from libs.media.frames import VideoFrames
from libs.media.gif import whole_pictures
from libs.media.source import FRAMES_PER_SECOND, Source, SourceFrame, read_head
from libs.utils.errors import DataError

RETRIES = 8
"""How many reads to try after one that failed before the end, to reach the frames after the damage."""
LEAST_SHARE = 0.95
"""Fraction of the promised frames below which a file counts as damaged; headers may be slightly off."""


class VideoFile(Source):
    """A video file or URL, read by OpenCV through FFmpeg and turned upright.

    Args:
        address: URL, or absolute path, so that FFmpeg takes no part of it for a protocol.
        name: for results. origin: what was given, for messages.

    Raises:
        DataError: it cannot be opened, or no frame can be read.
    """

    def __init__(self, address: str, name: str, origin: str) -> None:
        self.name, self.origin = name, origin
        self._address = address
        self._capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG)
        opened, self._first = self._capture.read()
        self._whole = whole_pictures(address) if os.path.isfile(address) else None
        if not opened or self._whole == 0:
            self.close()
            raise DataError(f"video {origin} cannot be read: it is damaged or cut short, or no video")
        length = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.expected_length = int(length) if math.isfinite(length) and length > 0 else None
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.frames_per_second = rate if math.isfinite(rate) and rate > 0 else FRAMES_PER_SECOND
        self._begin = self._time(0)
        self._ahead: tuple[np.ndarray | None, int] | None = None

    def frame_index(self, name: str) -> int | None:
        """Index of the frame with this number; None if the file has fewer frames, whatever its header says."""
        index = super().frame_index(name)
        if index is None or self.expected_length is None or index < self.expected_length:
            return index
        return index if index < self._count() else None

    def frames(self) -> VideoFrames:
        """The frames in any order; see `VideoFrames`."""
        frames = VideoFrames(self._address, self.origin)
        if frames.is_torn or self._lacks(len(frames)):
            frames.problem = self._end(len(frames))
        return frames

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _head(self) -> bytes:
        return read_head(self._address)

    def _frames(self) -> Iterator[SourceFrame]:
        image, index, torn = self._first, 0, False
        # Everyone who begins to read gets the first frame; the next one also gets what was read after it.
        while image is not None and index != self._whole:
            rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            time = self._time(index) if index else self._begin
            self._ahead = self._ahead or self._read_on(index + 1)
            torn = self._ahead[0] is None and self._is_torn(time)
            if torn:
                break
            yield SourceFrame(index, time, rgb, None, self._origin(index))
            index += 1
            (image, lost), self._ahead = self._ahead, None
            for _ in range(lost):
                problem = DataError(f"{self._origin(index)} cannot be read: the file is damaged there")
                yield SourceFrame(index, self._time(index), None, problem, self._origin(index))
                index += 1
        if torn or index == self._whole or self._lacks(index):
            yield SourceFrame(index, self._time(index), None, self._end(index), self._origin(index), is_end=True)

    def _lacks(self, count: int) -> bool:
        """Whether this is clearly fewer frames than the header promises."""
        return count < LEAST_SHARE * (self.expected_length or 0)

    def _end(self, count: int) -> DataError:
        of = f" of {self.expected_length}" if self.expected_length else ""
        return DataError(f"video {self.origin} ended after {count}{of} frames: it is damaged or cut short")

    def _read_on(self, index: int) -> tuple[np.ndarray | None, int]:
        """The next image in BGR (None at the end), and how many reads failed before it."""
        more = 1 + (RETRIES if index < (self.expected_length or 0) else 0)
        for lost in range(more):
            image = self._capture.read()[1]
            if image is not None:
                return image, lost
        return None, 0

    def _is_torn(self, seconds: float) -> bool:
        """Whether the file was cut within the last frame, which is at this time: it is decoded all the same."""
        if not os.path.isfile(self._address):
            return False
        # Imported late: it is needed once, and loads a second FFmpeg.
        import av
        from av.error import FFmpegError

        last = None
        with contextlib.suppress(FFmpegError, IndexError), av.open(self._address) as container:
            stream = container.streams.video[0]
            # If this does not find the end, go through the whole file.
            with contextlib.suppress(FFmpegError):
                container.seek(container.duration or 0)
            for packet in container.demux(stream):
                last = packet if packet.size else last
            if last is not None and last.is_corrupt and last.pts is not None and last.time_base is not None:
                begin = (last.pts - (stream.start_time or 0)) * last.time_base
                return seconds > begin - 0.5 / self.frames_per_second
        return False

    def _time(self, index: int) -> float:
        milliseconds = self._capture.get(cv2.CAP_PROP_POS_MSEC)
        return milliseconds / 1000 if milliseconds > 0 else index / self.frames_per_second

    def _origin(self, index: int) -> str:
        return f"video {self.origin}, frame {index},"

    def _count(self) -> int:
        """How many frames the file has, counted without decoding them."""
        # Imported late: it is rarely needed, and loads a second FFmpeg.
        import av

        with av.open(self._address) as container:
            return sum(packet.size > 0 for packet in container.demux(video=0))
