"""Several objects of one sequence in VOT layout, as in VOTS: `<seq>/groundtruth_<object>.txt`, usually a mask a line.

A file with fewer lines than there are images leaves the others unannotated, for example where only the first frame is
public. Objects whose names begin with '_' are not targets: `_ignore` holds the void pixels.
"""

import dataclasses
import pathlib
from collections.abc import Mapping

import numpy as np

from libs.dataset.object_sequences import ObjectMasks
from libs.dataset.segmented import ImageFrames
from libs.dataset.sequence import ABSENT, Sequence
from libs.media.images import read_size
from libs.media.mask_regions import MaskRegion
from libs.media.regions import read_regions
from libs.utils.errors import DataError
from libs.utils.masks import mask_to_box
from libs.utils.polygons import polygon_to_mask, region_to_polygon

START = "groundtruth_"
IGNORED = "_ignore"

Regions = Mapping[int, MaskRegion]
"""Frame index -> mask; frames that are not annotated are left out."""


@dataclasses.dataclass(frozen=True, eq=False)
class VotFrames(ImageFrames):
    """The images of a sequence and the masks in them, as `libs.dataset.segmented.LabelledFrames`.

    Attributes:
        objects: number of each object -> its masks.
        object_names: number of each object -> its name in the files.
        ignored: masks of the void pixels.
        shape: (height, width) of the images.
        merged: False, as in `LabelledFrames`.
    """

    objects: Mapping[int, Regions]
    object_names: Mapping[int, str]
    ignored: Regions
    shape: tuple[int, int]
    merged: bool = False

    def mask(self, number: int, index: int) -> np.ndarray | None:
        """Mask of an object in frame `index`, bool (H, W); None if it is not annotated."""
        found = self.objects[number].get(index)
        return None if found is None else found.draw(self.shape)

    def labels(self, index: int) -> np.ndarray | None:
        """Label mask, uint8 (H, W); None if no object is annotated. Where two overlap, it has the later one."""
        masks = {number: self.mask(number, index) for number in self.objects}
        if all(mask is None for mask in masks.values()):
            return None
        labels = np.zeros(self.shape, dtype=np.uint8)
        for number, mask in masks.items():
            if mask is not None:
                labels[mask] = number
        return labels

    def void_pixels(self, index: int) -> np.ndarray | None:
        """Void pixels of frame `index`, bool (H, W); None if there are none."""
        return self.ignored[index].draw(self.shape) if index in self.ignored else None


class OwnMasks(ObjectMasks):
    """Masks of an object, which may overlap those of others."""

    source: VotFrames

    def __getitem__(self, index: int) -> np.ndarray | None:
        return self.source.mask(self.object_id, self.first + index)


def object_truths(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """Name of each object in a sequence's folder -> its ground truth; empty if the sequence has only one object."""
    return {path.stem.removeprefix(START): path for path in sorted(folder.glob(f"{START}*.txt"))}


def load_objects(
    name: str,
    images: list[pathlib.Path],
    truths: Mapping[str, pathlib.Path],
    tags: Mapping[str, np.ndarray],
    rate: float | None,
) -> list[Sequence]:
    """The objects of a sequence, each from the first frame that shows it.

    Args:
        name: the sequence's; objects are named `<name>-<number>`, numbered from 1 in the order of `truths`.
        images: the sequence's.
        truths: name of each object -> its ground truth.
        tags: of the sequence's frames.
        rate: frames a second.

    Raises:
        DataError: there is no object, one never appears, or a file is damaged or has more lines than there are images.
    """
    width, height = read_size(images[0])
    masks = {key: _read_masks(path, len(images), (height, width)) for key, path in truths.items()}
    names = dict(enumerate((key for key in truths if not key.startswith("_")), start=1))
    if not names:
        raise DataError(f"{name}: its {START}*.txt are of no target; a target's name does not begin with '_'")
    objects = {number: masks[key] for number, key in names.items()}
    frames = VotFrames(name, images, objects, names, masks.get(IGNORED, {}), (height, width))
    return [_object_sequence(frames, number, tags, rate) for number in objects]


def _object_sequence(frames: VotFrames, number: int, tags: Mapping[str, np.ndarray], rate: float | None) -> Sequence:
    boxes = {index: mask_to_box(region.draw(frames.shape)) for index, region in frames.objects[number].items()}
    first = min((index for index, box in boxes.items() if box is not None), default=None)
    if first is None:
        raise DataError(f"{frames.name}: object {number} is shown in no frame")
    regions = [boxes.get(index) for index in range(first, len(frames))]
    return Sequence(
        f"{frames.name}-{number}",
        frames.images[first:],
        [ABSENT if box is None else box for box in regions],
        OwnMasks(frames, number, first),
        {tag: values[first:] for tag, values in tags.items()},
        mask_regions={index - first: region for index, region in frames.objects[number].items() if index >= first},
        rate=rate,
    )


def _read_masks(path: pathlib.Path, length: int, shape: tuple[int, int]) -> Regions:
    """The masks of a file; boxes and polygons are filled."""
    regions = read_regions(path)
    if len(regions) > length:
        raise DataError(f"{path} has {len(regions)} lines but there are {length} images; is the download complete?")
    found = {}
    for index, region in enumerate(regions):
        if isinstance(region, MaskRegion):
            found[index] = region
        elif np.isfinite(region).all():
            found[index] = MaskRegion.of(polygon_to_mask(region_to_polygon(region), shape))
    return found
