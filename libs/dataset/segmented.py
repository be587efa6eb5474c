"""The common form of segmentation data sets: sequences of images with label masks, and the objects in them."""

import dataclasses
import pathlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from libs.dataset.object_boxes import check_same_size
from libs.media.images import read_image
from libs.media.masks import read_mask
from libs.media.void import VOID, without_void
from libs.utils.errors import DataError


@dataclasses.dataclass(frozen=True)
class ImageFrames:
    """Images in order, read when asked for.

    Attributes:
        name: of the sequence or still.
        images: paths of the T images.
    """

    name: str
    images: Sequence[pathlib.Path]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def frame_names(self) -> list[str]:
        """Names of the T images' files, without ending."""
        return [image.stem for image in self.images]

    def frame(self, index: int) -> np.ndarray:
        """Image `index`, RGB uint8 (H, W, 3). Raises DataError naming the file if it is damaged."""
        return read_image(self.images[index], self.images[0])


@dataclasses.dataclass(frozen=True)
class SegmentedSequence(ImageFrames):
    """Images in order, some or all with a label mask, read on demand; a still is a sequence of one image.

    Attributes:
        masks: frame index -> path of the label mask, for the frames that are annotated.
        merged: whether all labels of a mask are one object, 1, as in DAVIS 2016.
        void: whether 255 marks void pixels in its masks; else it is object 1. See `is_void`.
        reported: names of the frames that its server takes masks of; None for all.
    """

    masks: dict
    merged: bool = False
    void: bool = True
    reported: frozenset[str] | None = None

    def labels(self, index: int) -> np.ndarray | None:
        """Label mask of frame `index`, uint8 (H, W), 0 background, k object k; None if the frame is not annotated."""
        if index not in self.masks:
            return None
        labels = without_void(read_mask(self.masks[index]), self.void)
        return (labels > 0).astype(np.uint8) if self.merged else labels

    def void_pixels(self, index: int) -> np.ndarray | None:
        """Pixels of frame `index` that count for nothing, bool (H, W); None where there are none."""
        if not self.void or index not in self.masks:
            return None
        found = read_mask(self.masks[index]) == VOID
        return found if found.any() else None


class LabelledFrames(Protocol):
    """What objects need of their sequence: a `SegmentedSequence`, or another class with the same members."""

    @property
    def name(self) -> str:
        """The sequence's name."""
        ...

    @property
    def images(self) -> Any:
        """The T images, or their paths, through `len` and `[i]` or `[i:]`."""
        ...

    @property
    def merged(self) -> bool:
        """Whether all labels of a mask are one object."""
        ...

    @property
    def frame_names(self) -> list[str]:
        """Names of the T images."""
        ...

    def __len__(self) -> int: ...

    def frame(self, index: int, /) -> np.ndarray:
        """As `SegmentedSequence.frame`."""
        ...

    def labels(self, index: int, /) -> np.ndarray | None:
        """As `SegmentedSequence.labels`."""
        ...

    def void_pixels(self, index: int, /) -> np.ndarray | None:
        """As `SegmentedSequence.void_pixels`."""
        ...


@dataclasses.dataclass(frozen=True)
class VideoObject:
    """One object of a sequence, for the trainer.

    Attributes:
        sequence: the one that it is in.
        object_id: its label, 1 or more.
        frames: (K,) int64, ascending: the annotated frames that show it.
        boxes: (K, 4) float64, its tight box x, y, w, h in each of these.
    """

    sequence: LabelledFrames
    object_id: int
    frames: np.ndarray
    boxes: np.ndarray

    @property
    def name(self) -> str:
        """`sequence-object`, as split files write it."""
        return f"{self.sequence.name}-{self.object_id}"

    def read(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Image, RGB uint8 (H, W, 3), and the object's mask, bool (H, W), of a frame. Raises as `read_labels`."""
        image, labels = self.read_labels(index)
        return image, labels == self.object_id

    def read_labels(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Image and label mask of an annotated frame of the sequence: RGB uint8 (H, W, 3), uint8 (H, W).

        Raises:
            DataError: naming the file, if one is damaged, their sizes differ, or the frame is not annotated.
        """
        image, labels = self.sequence.frame(index), self.sequence.labels(index)
        if labels is None:
            raise DataError(f"frame {index} of {self.sequence.name} has no mask; read one of the object's `frames`")
        check_same_size(self.sequence.images[index], image.shape, f"of frame {index}", labels.shape)
        return image, labels


@dataclasses.dataclass(frozen=True)
class SegmentationDataset:
    """The chosen part of a data set: `sequences` (list) and `objects` (list of `VideoObject`); `len` counts objects.

    Raises:
        DataError: it has no object.
    """

    name: str
    sequences: list
    objects: list

    def __post_init__(self) -> None:
        if not self.objects:
            raise DataError(f"{self.name}: no object is left; check the split and the list of what is held out")

    def __len__(self) -> int:
        return len(self.objects)

    def __getitem__(self, index: int) -> VideoObject:
        return self.objects[index]


def collect(name: str, parts: Iterable[tuple[LabelledFrames, list[VideoObject]]]) -> SegmentationDataset:
    """The data set of the sequences that have objects left, each with these. Raises DataError if none has."""
    kept = [(sequence, objects) for sequence, objects in parts if objects]
    return SegmentationDataset(name, [sequence for sequence, _ in kept], [each for _, some in kept for each in some])


def objects_of(
    sequence: LabelledFrames,
    boxes: Mapping[int, Mapping[int, Sequence[float]]],
    only: Collection[int] | None = None,
    without: Collection[int] = (),
) -> list[VideoObject]:
    """The objects of one sequence.

    Args:
        sequence: as in `VideoObject`.
        boxes: frame index -> {id: [x, y, w, h]} of the annotated frames.
        only: ids to keep; None keeps all.
        without: ids to leave out.

    Raises:
        DataError: the sequence shows no object, or lacks one of `only`.
    """
    visible = {}
    for index in sorted(boxes):
        for object_id, box in boxes[index].items():
            visible.setdefault(object_id, []).append((index, box))
    if not visible:
        raise DataError(
            f"sequence {sequence.name} has no object in any mask; correct its masks or hold it out by a list"
        )
    wanted = sorted(visible) if only is None else sorted(only)
    absent = [object_id for object_id in wanted if object_id not in visible]
    if absent:
        raise DataError(f"sequence {sequence.name} has no object {absent[0]}; its objects are {sorted(visible)}")
    return [_video_object(sequence, object_id, visible[object_id]) for object_id in wanted if object_id not in without]


def _video_object(sequence: LabelledFrames, object_id: int, shown: list[tuple[int, Sequence[float]]]) -> VideoObject:
    frames = np.array([index for index, _ in shown], dtype=np.int64)
    boxes = np.array([box for _, box in shown], dtype=np.float64)
    return VideoObject(sequence, object_id, frames, boxes)
