"""What a tracker answers to VOT in a frame: a box, a polygon or a mask, by whatever way it is asked."""

from typing import Literal, TypeAlias

import numpy as np

from libs.utils.polygons import polygon_to_mask
from pytracking.evaluation.objects import ObjectResult

Kind = Literal["rectangle", "polygon", "mask"]
BOX: Kind = "rectangle"
POLYGON: Kind = "polygon"
MASK: Kind = "mask"
Answer: TypeAlias = np.ndarray | None
"""(4,) x, y, w, h; (4, 2) corners; (H, W) bool; None for a lost target."""


def answer_of(result: ObjectResult, kind: Kind, image_shape: tuple[int, ...]) -> Answer:
    """The answer of one kind. A tracker without masks answers its filled polygon as one.

    Args:
        result: of one object in a frame.
        kind: that is asked for.
        image_shape: (H, W, ...) of the frame.
    """
    if not np.isfinite(result.polygon).all():
        return None
    if kind == BOX:
        return result.box
    if kind == POLYGON:
        return result.polygon
    return polygon_to_mask(result.polygon, image_shape) if result.mask is None else result.mask
