"""Axis-aligned boxes (x, y, w, h) in edge coordinates: a box covers [x, x + w) x [y, y + h)."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from libs.utils.errors import DataError

Box: TypeAlias = Sequence[float] | np.ndarray
"""(4,) x, y, w, h."""


def box_to_polygon(box: Box) -> np.ndarray:
    """(4, 2) corners of a box: (x, y), (x + w, y), (x + w, y + h), (x, y + h)."""
    x, y, w, h = (float(number) for number in box)
    return np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])


def box_centre(box: ArrayLike) -> np.ndarray:
    """Centres (..., 2) of boxes (..., 4)."""
    box = np.asarray(box, dtype=np.float64)
    return box[..., :2] + box[..., 2:] / 2


def box_iou(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Intersection over union, in 0..1, of boxes (..., 4) that broadcast; 0 where the union has no area."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    inter = np.clip(high - low, 0, None).prod(axis=-1)
    union = np.clip(a[..., 2:], 0, None).prod(axis=-1) + np.clip(b[..., 2:], 0, None).prod(axis=-1) - inter
    return np.divide(inter, union, out=np.zeros_like(inter), where=union > 0)


def clip_box(box: Box, image_shape: tuple[int, ...]) -> np.ndarray:
    """(4,) the part of a box inside an image of shape (H, W, ...); width or height is 0 if there is none."""
    x, y, w, h = (float(number) for number in box)
    height, width = image_shape[:2]
    left, right = np.clip([x, x + w], 0, width)
    top, bottom = np.clip([y, y + h], 0, height)
    return np.array([left, top, max(0.0, right - left), max(0.0, bottom - top)])


def check_box(box: ArrayLike, image_shape: tuple[int, ...]) -> np.ndarray:
    """A box as float64 (4,), checked to contain something to track.

    Args:
        box: four numbers x, y, w, h in image pixels.
        image_shape: (H, W, ...) of the image it belongs to.

    Raises:
        DataError: there are not four finite numbers, the area is not positive, or the box is completely outside.
    """
    try:
        box = np.array(box, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"box {box!r} is not four numbers x, y, w, h") from error
    if box.shape != (4,):
        raise DataError(f"box {box.tolist()} has {box.size} numbers; give four: x, y, w, h")
    if not np.isfinite(box).all():
        raise DataError(f"box {box.tolist()} has numbers that are not finite; give x, y, w, h in pixels")
    if box[2] <= 0 or box[3] <= 0:
        raise DataError(f"box {box.tolist()} has no area; width and height (the last two numbers) must be positive")
    if clip_box(box, image_shape)[2:].min() <= 0:
        height, width = image_shape[:2]
        raise DataError(f"box {box.tolist()} lies wholly outside the image of {width} x {height} pixels")
    return box
