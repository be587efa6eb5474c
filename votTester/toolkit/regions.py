"""Converts the toolkit's regions from and to this project's arrays."""

from typing import Any, TypeAlias

import numpy as np
from vot import region
from vot.region import Region, RegionType

from libs.utils.masks import place_mask
from pytracking.evaluation.answers import BOX, MASK, POLYGON, Answer, Kind, four_corners

KINDS: dict[RegionType, Kind] = {RegionType.RECTANGLE: BOX, RegionType.POLYGON: POLYGON, RegionType.MASK: MASK}
Shape: TypeAlias = tuple[int, ...]


def polygon_region(corners: np.ndarray) -> Region:
    """(N, 2) corners as a polygon of the toolkit."""
    return region.Polygon([tuple(corner) for corner in corners])


def start_info(start: Any, image_shape: Shape) -> dict[str, Any]:
    """The start region for a `BaseTracker`, from a region that is not empty."""
    if start.type is RegionType.MASK:
        return {"init_mask": place_mask(start.mask, start.offset, image_shape)}
    if start.type is RegionType.RECTANGLE:
        return {"init_bbox": [start.x, start.y, start.width, start.height]}
    return {"init_bbox": list(four_corners(np.array(start.points(), dtype=np.float64)).ravel())}


def answer_region(answer: Answer, kind: Kind) -> Region:
    """A tracker's output as a region; an empty one for a lost target.

    Not the special code 0, which the toolkit takes for a frame that does not count, nor a polygon without area, for
    which it draws one pixel.
    """
    if answer is None:
        return region.Mask(np.zeros((0, 0), dtype=np.uint8)) if kind == MASK else region.Rectangle(0, 0, 0, 0)
    if kind == MASK:
        return region.Mask(answer, optimize=True)
    return region.Rectangle(*answer) if kind == BOX else polygon_region(answer)
