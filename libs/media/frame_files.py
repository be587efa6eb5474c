"""Frames that are image files."""

import functools
import pathlib
from collections.abc import Iterator, Sequence

from libs.media.frame_lists import natural_order, places_of
from libs.media.frames import ImageFrames
from libs.media.images import read_image
from libs.media.source import Source, SourceFrame, read_head
from libs.utils.errors import DataError


class FrameFiles(Source):
    """Image files as a video of 25 frames a second.

    Args:
        files: in order.
        name: for results.
        origin: what was given, for messages.

    Attributes:
        files: as given.
    """

    def __init__(self, files: Sequence[pathlib.Path], name: str, origin: pathlib.Path) -> None:
        self.name, self.origin = name, str(origin)
        self.files = files
        self.expected_length = len(files)

    def frame_index(self, name: str) -> int | None:
        """Index of the image with this name; numbers may differ in leading zeros. None if there is no such image."""
        return self._places.get(tuple(natural_order(name)))

    def frames(self) -> ImageFrames:
        """The images in any order."""
        return ImageFrames(self.files)

    @functools.cached_property
    def _places(self) -> dict[tuple[str | int, ...], int]:
        return places_of(self.files)

    def _head(self) -> bytes:
        return read_head(self.files[0])

    def _frames(self) -> Iterator[SourceFrame]:
        for index, file in enumerate(self.files):
            image, problem = None, None
            try:
                image = read_image(file, self.files[0])
            except DataError as error:
                problem = error
            yield SourceFrame(index, index / self.frames_per_second, image, problem, str(file))
