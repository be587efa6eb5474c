"""What a user shows of an object: a box, a polygon, a mask, or a mask with one of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from libs.utils.errors import DataError
from libs.utils.masks import check_mask
from libs.utils.polygons import check_region

Prompt = dict[str, Any]
"""Of one object in one frame, as for `BaseTracker.initialize`: `init_bbox` of 4 or 8 numbers and/or `init_mask`."""
ObjectStarts = Mapping[int, Prompt]
"""Number of each object that begins in a frame, 1..254 -> Prompt."""


def make_prompt(box: ArrayLike | None, polygon: ArrayLike | None, mask: ArrayLike | None) -> Prompt:
    """What is shown of an object. Raises DataError where that is nothing, or a box and a polygon."""
    if box is not None and polygon is not None:
        raise DataError("a box and a polygon of one object are given; give one of them, or a mask")
    region = box if polygon is None else polygon
    if region is None and mask is None:
        raise DataError("nothing is given of the object; give box=(x, y, w, h), polygon=four corners, or mask=(H, W)")
    info = {"init_bbox": None if region is None else np.ravel(np.asarray(region)), "init_mask": mask}
    return {name: value for name, value in info.items() if value is not None}


def shown_by(info: Prompt) -> dict[str, Any]:
    """What a prompt shows, as the arguments `box` and `mask` of `Session.add` and `Session.correct`."""
    return {"box": info.get("init_bbox"), "mask": info.get("init_mask")}


def check_prompt(info: Mapping[str, Any], image_shape: tuple[int, ...]) -> None:
    """Raise DataError where a prompt does not fit an image (H, W, ...): not every tracker checks."""
    if info.get("init_bbox") is not None:
        check_region(info["init_bbox"], image_shape)
    if info.get("init_mask") is not None:
        check_mask(info["init_mask"], image_shape)


def read_prompt(value: ArrayLike | Prompt) -> Prompt:
    """A prompt that is given as one, as a mask (H, W), as a box of 4 numbers, or as a polygon of 8 or (4, 2)."""
    if isinstance(value, dict):
        return value
    array = np.asarray(value)
    return make_prompt(None, None, array) if array.ndim == 2 and array.size != 8 else make_prompt(array, None, None)
