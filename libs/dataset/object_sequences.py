"""Objects of segmentation data as sequences to track, and the videos that they share.

Each object is its own `Sequence`, starting at the first frame that shows it; `find_videos` groups them by video again.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np

from libs.dataset.segmented import LabelledFrames, SegmentationDataset, VideoObject
from libs.dataset.sequence import ABSENT, Sequence


@dataclasses.dataclass(frozen=True)
class ObjectMasks:
    """The masks of one object, through `len` and `[i]`: bool (H, W), or None for a frame without annotation.

    Attributes:
        source: the sequence that shows the object.
        object_id: the object's label.
        first: index in `source` of frame 0 of these masks.
    """

    source: LabelledFrames
    object_id: int
    first: int

    def __len__(self) -> int:
        return len(self.source) - self.first

    def __getitem__(self, index: int) -> np.ndarray | None:
        labels = self.source.labels(self.first + index)
        return None if labels is None else labels == self.object_id

    def void_pixels(self, index: int) -> np.ndarray | None:
        """Void pixels of mask `index`, bool (H, W), or None."""
        return self.source.void_pixels(self.first + index)


@dataclasses.dataclass(frozen=True)
class Video:
    """A video and the objects to track in it; `len` is its number of frames.

    Attributes:
        name: of the video.
        names: of its frames' files, without ending.
        objects: object id -> (its Sequence, index in the video of the sequence's first frame).
    """

    name: str
    names: list[str]
    objects: dict[int, tuple[Sequence, int]]

    def __len__(self) -> int:
        return len(self.names)

    def frame(self, index: int) -> np.ndarray:
        """Frame `index` of the video, RGB uint8 (H, W, 3). Raises DataError naming the file if it is unreadable."""
        masks = self._any.masks
        return masks.source.frame(index) if isinstance(masks, ObjectMasks) else self._any.frame(index)

    def counts(self, name: str) -> bool:
        """Whether the evaluation server accepts a mask for the frame of this name."""
        masks = self._any.masks
        reported = getattr(masks.source, "reported", None) if isinstance(masks, ObjectMasks) else None
        return reported is None or name in reported

    @property
    def has_masks(self) -> bool:
        """Whether its objects have masks, at least in their first frames."""
        return self._any.masks is not None

    def starts(self, index: int) -> dict[int, Sequence]:
        """The objects whose first frame this is: object id -> its Sequence."""
        return {key: sequence for key, (sequence, first) in self.objects.items() if first == index}

    @property
    def _any(self) -> Sequence:
        return next(iter(self.objects.values()))[0]


def object_sequences(dataset: SegmentationDataset) -> list[Sequence]:
    """One `Sequence` for each object of a `SegmentationDataset`, with masks, and boxes in the frames that show it.

    It is named `<sequence>-<object>`, or like the sequence if all labels of the sequence are merged into one object.
    """
    return [_object_sequence(each) for each in dataset.objects]


def find_videos(sequences: Iterable[Sequence]) -> list[Video]:
    """The videos that sequences come from, in order, as a list of `Video`.

    Sequences from `object_sequences` that share a video are its objects. Any other sequence becomes its own video: its
    target is object 1, and its frames are named 00000, 00001, ...
    """
    videos = {}
    for sequence in sequences:
        masks = sequence.masks
        name = video_name(sequence)
        if isinstance(masks, ObjectMasks):
            video = videos.setdefault(name, Video(name, masks.source.frame_names, {}))
            video.objects[masks.object_id] = sequence, masks.first
        else:
            videos[name] = Video(name, [f"{index:05d}" for index in range(len(sequence))], {1: (sequence, 0)})
    return list(videos.values())


def video_name(sequence: Sequence) -> str:
    """Name of the video that a sequence comes from: its own unless it is one of several objects."""
    return sequence.masks.source.name if isinstance(sequence.masks, ObjectMasks) else sequence.name


def _object_sequence(each: VideoObject) -> Sequence:
    source, first = each.sequence, int(each.frames[0])
    regions = np.full((len(source) - first, 4), ABSENT)
    regions[each.frames - first] = each.boxes
    masks = ObjectMasks(source, each.object_id, first)
    return Sequence(source.name if source.merged else each.name, source.images[first:], regions, masks)
