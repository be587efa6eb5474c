"""What a tracker is started from: a box, a rotated polygon, a mask, or a mask with one of them."""

import dataclasses
from typing import Any

import numpy as np

from libs.utils.boxes import box_to_polygon
from libs.utils.errors import DataError
from libs.utils.masks import check_mask, tight_box
from libs.utils.polygons import check_region, polygon_area, polygon_to_box, polygon_to_mask, preserve_area_box


@dataclasses.dataclass(frozen=True)
class InitialRegion:
    """The target in the first frame.

    Attributes:
        box: (4,) x, y, w, h, axis-aligned, of the polygon's centre and area.
        polygon: (4, 2) corners.
        mask: (H, W) bool; the given mask, or the filled polygon.
        exact: whether the mask was given, and not filled in from the polygon.
        upright: whether the sides of the given box or polygon are parallel to the image's; False for a mask alone.
    """

    box: np.ndarray
    polygon: np.ndarray
    mask: np.ndarray
    exact: bool
    upright: bool


def parse_initial_region(info: dict[str, Any], image_shape: tuple[int, ...]) -> InitialRegion:
    """Read `init_bbox` (4 or 8 numbers) and `init_mask` (H, W) from a tracker's `info`.

    Args:
        info: dict with one or both of the two keys; None counts as absent.
        image_shape: (H, W, ...) of the first frame.

    Raises:
        DataError: neither is given, or one cannot be used (the message says why).
    """
    numbers, mask = info.get("init_bbox"), info.get("init_mask")
    given = None if mask is None else check_mask(mask, image_shape)
    if numbers is not None:
        polygon = check_region(numbers, image_shape)
    elif given is not None:
        polygon = box_to_polygon(tight_box(given))
    else:
        raise DataError("initialize: info holds neither 'init_bbox' (4 or 8 numbers) nor 'init_mask' (H, W)")
    filled = _fill(polygon, image_shape) if given is None else given
    upright = numbers is not None and np.allclose(polygon_area(polygon), polygon_to_box(polygon)[2:].prod(), rtol=1e-3)
    return InitialRegion(preserve_area_box(polygon), polygon, filled, given is not None, bool(upright))


def _fill(polygon: np.ndarray, image_shape: tuple[int, ...]) -> np.ndarray:
    height, width = image_shape[:2]
    mask = polygon_to_mask(polygon, (height, width))
    if not mask.any():  # thinner than a pixel: the pixel under its centre stands for it
        column, row = np.floor(polygon.mean(axis=0)).astype(int)
        mask[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)] = True
    return mask
