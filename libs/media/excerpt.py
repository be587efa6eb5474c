"""A part of a video as a video of its own."""

import dataclasses
import itertools
from collections.abc import Iterator

from libs.media.frames import Frames, PartOfFrames
from libs.media.source import Source, SourceFrame
from libs.utils.errors import SettingsError


class Excerpt(Source):
    """Every n-th frame of a source, from one frame to another, numbered from 0.

    Args:
        source: closed together with the excerpt.
        start: index of the first frame. end: index of the last frame plus one; None: to the end.
        stride: take every `stride`-th frame.

    Attributes:
        source: the whole, as given.

    Raises:
        SettingsError: a number is out of its range, or the source ends before the first frame.
    """

    def __init__(self, source: Source, start: int = 0, end: int | None = None, stride: int = 1) -> None:
        if start < 0 or stride < 1 or (end is not None and end <= start):
            raise SettingsError(
                f"frames {start} to {'the end' if end is None else end}, every {stride}: give a start of 0 or more, an "
                "end behind it and a stride of 1 or more"
            )
        if source.expected_length is not None and start >= source.expected_length:
            raise SettingsError(f"{source.name} has {source.expected_length} frames, so that none is at {start}")
        self.source, self._start, self._end, self._stride = source, start, end, stride
        self.name, self.is_live = source.name, source.is_live
        self.origin = f"{source.origin}, frames {start}:{'' if end is None else end}:{stride}"
        self.frames_per_second = source.frames_per_second / stride
        self.expected_length = None
        if source.expected_length is not None:
            self.expected_length = len(self.indices(source.expected_length))

    @property
    def dropped(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """How many frames the whole source has dropped."""
        return self.source.dropped

    def frame_index(self, name: str) -> int | None:
        """Index in the excerpt of the frame that a file is named after; None also if the frame is left out."""
        index = self.source.frame_index(name)
        return None if index is None else self.place(index)

    def place(self, index: int) -> int | None:
        """Index in the excerpt of a frame of the whole; None if it is left out."""
        if index < self._start or (index - self._start) % self._stride:
            return None
        return None if self._end is not None and index >= self._end else (index - self._start) // self._stride

    def indices(self, length: int) -> range:
        """Indices of the frames that the excerpt takes of a source of this length."""
        return range(self._start, length if self._end is None else min(self._end, length), self._stride)

    def frames(self) -> Frames:
        """The frames in any order."""
        frames = self.source.frames()
        return PartOfFrames(frames, self.indices(len(frames)))

    def close(self) -> None:
        """Close the source."""
        self.source.close()

    def _head(self) -> bytes:
        return self.source._head()

    def _frames(self) -> Iterator[SourceFrame]:
        frames = itertools.islice(self.source, self._start, self._end, self._stride)
        begin = None
        for index, frame in enumerate(frames):
            begin = frame.time if begin is None else begin
            yield dataclasses.replace(frame, index=index, time=frame.time - begin)
