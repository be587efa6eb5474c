"""What VOT gives to a tracker and gets back in a frame, however it asks: a box, a polygon or a mask."""

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from libs.utils.boxes import box_to_polygon
from libs.utils.polygons import polygon_to_box, polygon_to_mask

if TYPE_CHECKING:
    from pytracking.tracker.base.result import Result

Kind = Literal["rectangle", "polygon", "mask"]
BOX: Kind = "rectangle"
POLYGON: Kind = "polygon"
MASK: Kind = "mask"
Answer: TypeAlias = np.ndarray | None
"""(4,) x, y, w, h; (4, 2) corners; (H, W) bool; None for a lost target."""


def four_corners(points: np.ndarray) -> np.ndarray:
    """(4, 2) the polygon (N, 2) itself if it has four corners, else the corners of its upright box."""
    return points if len(points) == 4 else box_to_polygon(polygon_to_box(points))


def answer_of(result: "Result", kind: Kind, image_shape: tuple[int, ...]) -> Answer:
    """The answer of one kind; the mask of a tracker without masks is its filled polygon.

    Args:
        result: one object's in a frame.
        kind: what is asked for.
        image_shape: (H, W, ...) of the frame.
    """
    if not np.isfinite(result.polygon).all():
        return None
    if kind == BOX:
        return result.box
    if kind == POLYGON:
        return result.polygon
    return polygon_to_mask(result.polygon, image_shape) if result.mask is None else result.mask
