"""A tracking sequence: frames, one region a frame, and per-frame tags."""

import collections.abc
import dataclasses
import functools
import math
import os
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from libs.dataset.convention import ZERO_BASED, Convention
from libs.dataset.names import check_name
from libs.media.images import read_image
from libs.media.mask_regions import MaskRegion
from libs.media.masks import read_mask
from libs.utils.errors import DataError
from libs.utils.polygons import region_to_polygon

ABSENT = (math.nan,) * 4
TAGS = ("camera_motion", "illum_change", "motion_change", "size_change", "occlusion")


class PerFrame(Protocol):
    """One item for each frame, through `len` and `[i]`; it may be made on demand."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


@dataclasses.dataclass(frozen=True)
class Sequence:
    """Frames with the annotated target; frames and masks are read on demand and not kept.

    Attributes:
        name: the sequence's name, a plain folder name.
        frames: T frames, through `len` and `[i]`, each an image path or an RGB uint8 (H, W, 3) array.
        regions: T arrays of 4 (x, y, w, h) or 8 (polygon corners) numbers, float64, as annotated; `ABSENT` (4 NaN) in
            any frame but the first that is not annotated or does not show the target.
        masks: T masks, through `len` and `[i]`, each a path, a bool (H, W) array, or None for a frame without one; None
            for a sequence without masks.
        tags: name -> (T,) bool; VOT tags that are not given are False everywhere.
        convention: the dataset's: how its result files count, and which rules score it. Regions in memory are always
            0-based.
        mask_regions: the masks of the frames that are annotated with a mask instead of numbers; `regions` has their
            tight boxes.
        values: name -> (T,) numbers, one for each frame, such as VOT's 'anchor': 1 where a forward run begins, -1 where
            a backward run does.
        rate: frames a second; None if unknown.

    Raises:
        DataError: the numbers of frames, regions, masks and tags differ; a region is neither 4 or 8 finite numbers nor
            `ABSENT`; there are no frames, or none to start from; or the name could lead out of a folder.
    """

    name: str
    frames: Any
    regions: collections.abc.Sequence[Any] | np.ndarray
    masks: PerFrame | None = None
    tags: dict = dataclasses.field(default_factory=dict)
    convention: Convention = ZERO_BASED
    mask_regions: Mapping[int, MaskRegion] = dataclasses.field(default_factory=dict)
    values: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    rate: float | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "sequence")
        if len(self.frames) == 0:
            raise DataError(f"sequence {self.name} has no frames")
        lengths = {"ground truth regions": len(self.regions)}
        if self.masks is not None:
            lengths["masks"] = len(self.masks)
        lengths |= {f"values of tag {tag}": len(values) for tag, values in self.tags.items()}
        lengths |= {f"numbers of {name}": len(values) for name, values in self.values.items()}
        for what, length in lengths.items():
            if length != len(self.frames):
                raise DataError(
                    f"sequence {self.name}: {len(self.frames)} images but {length} {what}; make them as many"
                )
        object.__setattr__(self, "regions", [self._check_region(i, region) for i, region in enumerate(self.regions)])
        absent = {tag: np.zeros(len(self.frames), dtype=bool) for tag in TAGS}
        given = {tag: np.asarray(values, dtype=bool) for tag, values in self.tags.items()}
        object.__setattr__(self, "tags", absent | given)

    def _check_region(self, index: int, given: ArrayLike) -> np.ndarray:
        region = np.asarray(given, dtype=np.float64).ravel()
        if region.size == 4 and np.isnan(region).all():
            if index == 0:
                raise DataError(f"sequence {self.name} has no region in its first frame to start from")
            return region
        if region.size not in (4, 8) or not np.isfinite(region).all():
            raise DataError(f"sequence {self.name}, frame {index}: a region is 4 or 8 finite numbers, not {region}")
        return region

    def __len__(self) -> int:
        return len(self.frames)

    def frame(self, index: int) -> np.ndarray:
        """Frame `index` (0-based) as RGB uint8 (H, W, 3). Raises DataError naming the file if it is unreadable."""
        frame = self.frames[index]
        return read_image(frame, self.frames[0]) if isinstance(frame, str | os.PathLike) else frame

    def mask(self, index: int) -> np.ndarray | None:
        """The target's visible pixels in frame `index`, bool (H, W); may be empty. None where there is no mask."""
        if self.masks is None:
            return None
        mask = self.masks[index]
        return read_mask(mask) > 0 if isinstance(mask, str | os.PathLike) else mask

    def void_pixels(self, index: int) -> np.ndarray | None:
        """Void pixels in the mask of frame `index`, bool (H, W); None if there are none."""
        find = getattr(self.masks, "void_pixels", None)
        return find(index) if find else None

    @functools.cached_property
    def polygons(self) -> list[np.ndarray]:
        """T polygons, (4, 2) float64 corners (x, y) in image pixels; a rectangle's are its corners, NaN if absent."""
        return [region_to_polygon(region) for region in self.regions]

    @functools.cached_property
    def image_size(self) -> tuple[int, int]:
        """(width, height) in pixels, of the first frame."""
        height, width = self.frame(0).shape[:2]
        return width, height
