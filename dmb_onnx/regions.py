"""Boxes (x, y, w, h), polygons (4, 2) of corners x, y, and masks (H, W), which a target can start from."""

import dataclasses
from typing import Any

import cv2
import numpy as np

from dmb_onnx.errors import InputError


def box_to_polygon(box: np.ndarray) -> np.ndarray:
    """(4, 2) corners of a box."""
    x, y, w, h = map(float, box)
    return np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])


def polygon_to_box(polygon: np.ndarray) -> np.ndarray:
    """(4,) upright bounding box."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    return np.concatenate([low, high - low])


def polygon_area(polygon: np.ndarray) -> float:
    """Area in square pixels, by the shoelace formula."""
    x, y = (polygon - polygon[0]).T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def polygon_to_mask(polygon: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(H, W) bool: pixels whose centres are in the polygon; if there are none, the pixel nearest to its centre."""
    xs, ys = np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5
    mask = np.zeros(shape[:2], bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        for row in np.flatnonzero((y0 <= ys) != (y1 <= ys)):
            mask[row] ^= xs < x0 + (ys[row] - y0) * ((x1 - x0) / (y1 - y0))
    if not mask.any():
        column, row = np.floor(polygon.mean(axis=0)).astype(int)
        mask[np.clip(row, 0, shape[0] - 1), np.clip(column, 0, shape[1] - 1)] = True
    return mask


def tight_box(mask: np.ndarray) -> np.ndarray:
    """(4,) upright bounding box of a mask that is not empty."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return np.array([columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1], np.float64)


def dilate(mask: np.ndarray, radius: int) -> np.ndarray:
    """(H, W) bool: pixels at most `radius` away from the mask."""
    reach = np.arange(-radius, radius + 1)
    disc = reach[:, None] ** 2 + reach**2 <= radius**2
    return cv2.dilate(mask.astype(np.uint8), disc.astype(np.uint8)).astype(bool)


@dataclasses.dataclass(frozen=True)
class Start:
    """The target in the first frame.

    Attributes:
        box: (4,) upright, of the polygon's centre and area.
        polygon: (4, 2) corners.
        mask: (H, W) bool.
        exact: whether the mask was given.
        upright: whether an upright region was given.
    """

    box: np.ndarray
    polygon: np.ndarray
    mask: np.ndarray
    exact: bool
    upright: bool


def read_start(info: dict[str, Any], shape: tuple[int, ...]) -> Start:
    """Read `init_bbox` (4 or 8 numbers), `init_mask` (H, W) or both, for an image of shape (H, W, 3).

    Raises:
        InputError: neither is given, or one cannot be used.
    """
    numbers, given = info.get("init_bbox"), info.get("init_mask")
    mask = None if given is None else _checked_mask(np.asarray(given), shape)
    if numbers is not None:
        polygon = _checked_polygon(numbers, shape)
    elif mask is not None:
        polygon = box_to_polygon(tight_box(mask))
    else:
        raise InputError("initialize: info holds neither 'init_bbox' (4 or 8 numbers) nor 'init_mask' (H, W)")
    size, area = polygon_to_box(polygon)[2:], polygon_area(polygon)
    upright = numbers is not None and np.allclose(area, size.prod(), rtol=1e-3)
    size = size * np.sqrt(area / size.prod())
    box = np.concatenate([polygon.mean(axis=0) - size / 2, size])
    filled = polygon_to_mask(polygon, shape) if mask is None else mask
    return Start(box, polygon, filled, mask is not None, bool(upright))


def _checked_mask(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if mask.shape != tuple(shape[:2]):
        raise InputError(f"mask of shape {mask.shape} for an image of shape {tuple(shape[:2])}; give one (H, W) alike")
    if not np.isfinite(mask).all():
        raise InputError("mask has numbers that are not finite; give 0 or False off the target, anything else on it")
    if not mask.any():
        raise InputError("mask is empty: no pixel of the target is set")
    return mask.astype(bool)


def _checked_polygon(region: Any, shape: tuple[int, ...]) -> np.ndarray:
    try:
        numbers = np.array(region, np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError) as error:
        if np.size(region) == 4:
            raise InputError(f"box {region!r} is not four numbers x, y, w, h") from error
        raise InputError(f"region {region!r} is not a list of 4 or 8 numbers") from error
    if numbers.size not in (4, 8):
        raise InputError(f"region {numbers.tolist()} has {numbers.size} numbers; give 4 (x, y, w, h) or 8 (corners)")
    is_box = numbers.size == 4
    what = f"box {numbers.tolist()}" if is_box else f"polygon {numbers.reshape(4, 2).tolist()}"
    if not np.isfinite(numbers).all():
        raise InputError(
            f"{what} has numbers that are not finite; give {'x, y, w, h' if is_box else 'corners x, y'} in pixels"
        )
    if is_box and numbers[2:].min() <= 0:
        raise InputError(f"{what} has no area; width and height (the last two numbers) must be positive")
    polygon = box_to_polygon(numbers) if is_box else numbers.reshape(4, 2)
    if polygon_area(polygon) <= 0:
        raise InputError(f"{what} has no area")
    height, width = shape[:2]
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    if (np.minimum(high, (width, height)) <= np.maximum(low, 0)).any():
        raise InputError(f"{what} lies wholly outside the image of {width} x {height} pixels")
    return polygon
