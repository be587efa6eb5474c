"""Polygons: (N, 2) arrays of corners (x, y) in edge coordinates, four of them for a target region."""

import numpy as np
from numpy.typing import ArrayLike

from libs.utils.boxes import box_to_polygon, check_box, clip_box
from libs.utils.errors import DataError


def polygon_area(polygon: ArrayLike) -> float:
    """Area in square pixels, by the shoelace formula, for either orientation of the corners."""
    # Relative to one corner, so that distant coordinates lose no digits.
    x, y = (np.asarray(polygon, dtype=np.float64) - np.asarray(polygon, dtype=np.float64)[0]).T
    return 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))


def polygon_centre(polygon: ArrayLike) -> np.ndarray:
    """(2,) mean of the corners, as the VOT toolkits define a region's centre; a rectangle's true centre."""
    return np.asarray(polygon, dtype=np.float64).mean(axis=0)


def polygon_to_box(polygon: ArrayLike) -> np.ndarray:
    """(4,) axis-aligned bounding box x, y, w, h."""
    low, high = np.min(polygon, axis=0), np.max(polygon, axis=0)
    return np.concatenate([low, high - low]).astype(np.float64)


def preserve_area_box(polygon: ArrayLike) -> np.ndarray:
    """(4,) axis-aligned box with the centre and area of a polygon and the aspect ratio of its bounding box.

    A polygon without area gives its bounding box.
    """
    size = polygon_to_box(polygon)[2:]
    area = polygon_area(polygon)
    if area > 0:
        size = size * np.sqrt(area / size.prod())
    return np.concatenate([polygon_centre(polygon) - size / 2, size])


def polygon_to_mask(polygon: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """(H, W) bool: pixels with their centre in the polygon (even-odd rule; left and top edges belong to it)."""
    mask = np.zeros(shape[:2], dtype=bool)
    polygon = np.asarray(polygon, dtype=np.float64)
    left, top, width, height = clip_box(polygon_to_box(polygon), shape)
    rows = slice(int(top), int(np.ceil(top + height)))
    columns = slice(int(left), int(np.ceil(left + width)))
    xs = np.arange(columns.start, columns.stop) + 0.5
    ys = np.arange(rows.start, rows.stop) + 0.5
    part = mask[rows, columns]
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        crossed = np.flatnonzero((y0 <= ys) != (y1 <= ys))
        if crossed.size:
            crossings = x0 + (ys[crossed] - y0) * ((x1 - x0) / (y1 - y0))
            part[crossed] ^= xs < crossings[:, None]
    return mask


def region_to_polygon(region: ArrayLike) -> np.ndarray:
    """(4, 2) corners of a region given by 4 numbers (x, y, w, h) or 8 (x1, y1, ... x4, y4), or by (4, 2) corners.

    Raises:
        DataError: there are neither four nor eight numbers.
    """
    try:
        numbers = np.array(region, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"region {region!r} is not a list of 4 or 8 numbers") from error
    if numbers.size == 4:
        return box_to_polygon(numbers)
    if numbers.size == 8:
        return numbers.reshape(4, 2)
    raise DataError(f"region {numbers.tolist()} has {numbers.size} numbers; give 4 (x, y, w, h) or 8 (corners)")


def check_polygon(polygon: ArrayLike, image_shape: tuple[int, ...]) -> np.ndarray:
    """A polygon as float64 (4, 2), checked to contain something to track.

    Args:
        polygon: four corners (x, y) in image pixels, as (4, 2) or as 8 numbers.
        image_shape: (H, W, ...) of the image it belongs to.

    Raises:
        DataError: there are not four corners, a number is not finite, it has no area or is completely outside.
    """
    try:
        corners = np.array(polygon, dtype=np.float64).reshape(4, 2)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"polygon {polygon!r} is not four corners x, y") from error
    if not np.isfinite(corners).all():
        raise DataError(f"polygon {corners.tolist()} has numbers that are not finite; give corners x, y in pixels")
    if polygon_area(corners) <= 0:
        raise DataError(f"polygon {corners.tolist()} has no area")
    if clip_box(polygon_to_box(corners), image_shape)[2:].min() <= 0:
        height, width = image_shape[:2]
        raise DataError(f"polygon {corners.tolist()} lies wholly outside the image of {width} x {height} pixels")
    return corners


def check_region(region: ArrayLike, image_shape: tuple[int, ...]) -> np.ndarray:
    """(4, 2) corners of a region of 4 or 8 numbers, checked by `check_box` or `check_polygon`; raises as these do."""
    if np.size(region) == 4:
        return box_to_polygon(check_box(region, image_shape))
    return check_polygon(region_to_polygon(region), image_shape)
