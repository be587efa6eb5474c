"""What the formats of annotations share: objects in frames, and what is known of their video."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from libs.media.frame_lists import natural_order, places_of
from libs.utils.errors import DataError
from libs.utils.masks import mask_to_box
from libs.utils.polygons import polygon_to_box
from libs.utils.state import State

LABEL = "object"
"""The label of an object without a name."""
Size = tuple[int, int]
"""(height, width) in pixels."""


@dataclasses.dataclass(frozen=True)
class ObjectRecord:
    """One object in one frame.

    Attributes:
        number: of the object, 1 or more, the same in all frames.
        label: its name or class.
        box: (4,) x, y, w, h in pixels; None where only the polygon or mask gives it.
        polygon: (4, 2) corners of a rotated region; None where there is none.
        mask: (H, W) bool; None where there is none.
        score: probability that the region overlaps the target by more than half, 0..1; None where it is not known.
        state: how sure the tracker is.
    """

    number: int
    label: str = LABEL
    box: np.ndarray | None = None
    polygon: np.ndarray | None = None
    mask: np.ndarray | None = None
    score: float | None = None
    state: State = State.TRACKED

    @functools.cached_property
    def extent(self) -> np.ndarray | None:
        """(4,) its box, or the one around its polygon or mask; None where it has no place in the frame."""
        if self.box is not None:
            return self.box
        if self.mask is not None:
            return mask_to_box(self.mask)
        return None if self.polygon is None else polygon_to_box(self.polygon)


@dataclasses.dataclass(frozen=True)
class FrameRecord:
    """The objects of one frame, 0-based `index`."""

    index: int
    objects: tuple[ObjectRecord, ...]

    def size(self, video: "Video", what: str) -> Size:
        """The size of the first mask, else of the video's frames, for `what`. Raises as `known_size`."""
        sizes = [each.mask.shape for each in self.objects if each.mask is not None]
        return sizes[0] if sizes else video.known_size(what)


class NamedFrames(Protocol):
    """What annotations need of a video: its name, and which of its frames a file belongs to."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def frame_index(self, name: str, /) -> int | None:
        """Index of the frame that a file called `name`, without ending, belongs to; None if there is no such frame."""
        ...


@dataclasses.dataclass(frozen=True)
class Video:
    """What is known of a video without reading its images.

    Attributes:
        name: for files and folders.
        size: of its frames; None where it is not known.
        length: number of frames; None where it is not known.
        files: names of the image files, in order; empty for a video file.
        folder: contains the image files; None for a video file.
    """

    name: str = "video"
    size: Size | None = None
    length: int | None = None
    files: tuple[str, ...] = ()
    folder: pathlib.Path | None = None

    def file(self, index: int) -> str:
        """Name of a frame's image file; its number, with five digits, if the frames are not files."""
        return self.files[index] if index < len(self.files) else f"{index:05d}.jpg"

    def frame_index(self, name: str) -> int | None:
        """Index of the frame that a file called `name`, without ending, belongs to; None if there is no such frame."""
        if self.files:
            return self._places.get(tuple(natural_order(name)))
        return int(name) if name.isdecimal() and (self.length is None or int(name) < self.length) else None

    def known_size(self, what: str) -> Size:
        """The size of the frames, for `what`. Raises DataError, which says how to give the size, if it is not known."""
        if self.size is None:
            raise DataError(f"{what} needs the size of the images, which is not known; give --video or --size W H")
        return self.size

    @functools.cached_property
    def _places(self) -> dict[tuple[str | int, ...], int]:
        return places_of(self.files)


@dataclasses.dataclass(frozen=True)
class Entry:
    """A frame of a recording, read on demand.

    Attributes:
        index: of the frame, 0-based; None if the format has only names.
        name: of its image, without ending; empty if the format has none.
        load: reads its objects; it may raise DataError.
        file: name of its image with ending, if the format has it.
    """

    index: int | None
    name: str
    load: Callable[[], Sequence[ObjectRecord]]
    file: str = ""


@dataclasses.dataclass(frozen=True)
class Recording:
    """The annotations of one video; only the masks of the current frame are in memory.

    Attributes:
        origin: what was read, for messages.
        entries: of the annotated frames.
        video: what the format says of the video.
    """

    origin: str
    entries: Sequence[Entry]
    video: Video = Video()

    def placed(self, video: NamedFrames | None = None) -> dict[int, Entry]:
        """The entries by frame index, in order.

        Args:
            video: the video with these frames: an entry's name decides if a frame has that name, else its index. None:
                the index decides, else the number in the name, else the position in the list.

        Raises:
            DataError: an entry belongs to no frame, or two belong to one.
        """
        numbered = all(entry.name.isdecimal() for entry in self.entries)
        placed: dict[int, Entry] = {}
        for place, entry in enumerate(self.entries):
            index = _index_of(entry, video)
            if index is None and video is None:
                index = int(entry.name) if numbered else place
            if index is None:
                raise DataError(
                    f"{self.origin}: {entry.name} belongs to no frame of {getattr(video, 'name', 'the video')}; call "
                    "annotations as the images they belong to, or by the number of the frame, the first being 00000"
                )
            if index in placed:
                raise DataError(f"{self.origin}: {entry.name} and {placed[index].name} both belong to frame {index}")
            placed[index] = entry
        return dict(sorted(placed.items()))

    def frames(self, video: NamedFrames | None = None) -> Iterator[FrameRecord]:
        """The frames in order, each read when its turn comes; see `placed`. Errors of reading escape."""
        for index, entry in self.placed(video).items():
            yield FrameRecord(index, tuple(entry.load()))


def _index_of(entry: Entry, video: NamedFrames | None) -> int | None:
    named = video.frame_index(entry.name) if video is not None and entry.name else None
    # The frames of a video file have no names: there, a file's name counts only if nothing else does.
    by_name = entry.index is None or getattr(video, "files", ())
    return named if named is not None and by_name else entry.index


def check_number(value: object, origin: str) -> int:
    """The number of an object, 0 or more, as a file gives it.

    Raises:
        DataError: it is not such a number; the message begins with `origin`.
    """
    text = str(value).strip()
    if isinstance(value, bool) or not text.removesuffix(".0").isdecimal():
        raise DataError(f"{origin}: {text[:40]!r} is no number of an object; ids are whole numbers from 1 on")
    return int(text.removesuffix(".0"))


def as_box(numbers: Sequence[float], origin: str) -> np.ndarray | None:
    """(4,) float64 x, y, w, h; None if the object has no place: a number is not finite, or the area is zero.

    Raises:
        DataError: they are not four numbers; the message begins with `origin`.
    """
    try:
        box = np.array(numbers, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{origin}: {numbers!r} is not a box, four numbers x, y, w, h") from error
    if box.shape != (4,):
        raise DataError(f"{origin}: {numbers!r} is not a box, four numbers x, y, w, h")
    return box if np.isfinite(box).all() and (box[2:] > 0).all() else None
