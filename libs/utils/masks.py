"""Binary masks: (H, W) arrays, true or nonzero on the target."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike

from libs.utils.boxes import Box, box_to_polygon
from libs.utils.errors import DataError
from libs.utils.polygons import polygon_to_mask


def mask_to_box(mask: ArrayLike) -> np.ndarray | None:
    """(4,) tight box (first column, first row, columns, rows) of a mask (H, W), or None if it is empty."""
    mask = np.asarray(mask, dtype=bool)
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not columns.size:
        return None
    return np.array(
        [columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1],
        dtype=np.float64,
    )


def tight_box(mask: ArrayLike) -> np.ndarray:
    """The box of `mask_to_box`, for a mask known to have a pixel. Raises ValueError if it is empty."""
    box = mask_to_box(mask)
    if box is None:
        raise ValueError("an empty mask has no box; use mask_to_box where a mask may be empty")
    return box


def box_to_mask(box: Box, shape: tuple[int, ...]) -> np.ndarray:
    """(H, W) bool: pixels with their centre in a box (x, y, w, h)."""
    return polygon_to_mask(box_to_polygon(box), shape)


def place_mask(part: np.ndarray, offset: tuple[int, int], shape: tuple[int, ...]) -> np.ndarray:
    """(H, W) bool: a part of a mask placed in an image of `shape` (H, W, ...).

    Args:
        part: (h, w), nonzero on the target; it may reach beyond the image on any side.
        offset: x and y of the part's first column and row in the image, in pixels; may be negative.
        shape: of the image.
    """
    mask = np.zeros(shape[:2], dtype=bool)
    x, y = offset
    inside = part[max(-y, 0) : max(shape[0] - y, 0), max(-x, 0) : max(shape[1] - x, 0)]
    top, left = max(y, 0), max(x, 0)
    mask[top : top + inside.shape[0], left : left + inside.shape[1]] = inside > 0
    return mask


def largest_component(mask: ArrayLike, min_area: float = 0) -> np.ndarray:
    """(H, W) bool: the largest 8-connected part of a mask; all false unless it has more than `min_area` pixels."""
    mask = np.asarray(mask, dtype=bool)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not areas.size or areas.max() <= min_area:
        return np.zeros_like(mask)
    return labels == 1 + int(areas.argmax())


def dilate(mask: np.ndarray, radius: int = 2) -> np.ndarray:
    """(H, W) bool: pixels within `radius` (whole pixels, >= 0) of a mask's pixels."""
    reach = np.arange(-radius, radius + 1)
    disc = (reach[:, None] ** 2 + reach**2 <= radius**2).astype(np.uint8)
    return cv2.dilate(np.ascontiguousarray(mask, dtype=np.uint8), disc).astype(bool)


def join_masks(masks: Mapping[int, np.ndarray]) -> np.ndarray:
    """A label mask, uint8 (H, W), from the masks of several objects: 0 background, k object k.

    If several claim a pixel, the object with fewer pixels gets it, then the one with the lower number: a small object
    is more likely in front of a large one than behind it.

    Args:
        masks: number of the object, 1..255 -> bool (H, W); not empty.

    Raises:
        DataError: two differ in size.
    """
    shape = next(iter(masks.values())).shape
    labels = np.zeros(shape, dtype=np.uint8)
    for key, mask in sorted(masks.items(), key=lambda item: (-np.count_nonzero(item[1]), -item[0])):
        np.copyto(labels, np.uint8(key), where=check_mask_size(mask, shape).astype(bool, copy=False))
    return labels


def check_mask(mask: ArrayLike, image_shape: tuple[int, ...]) -> np.ndarray:
    """A mask as bool (H, W), checked to contain something to track.

    Args:
        mask: (H, W), nonzero on the target.
        image_shape: (H, W, ...) of the image it belongs to.

    Raises:
        DataError: the size differs from the image's, a number is not finite, or no pixel is set.
    """
    mask = check_mask_size(mask, image_shape)
    if not np.isfinite(mask).all():
        raise DataError("mask has numbers that are not finite; give 0 or False off the target, anything else on it")
    if not mask.any():
        raise DataError("mask is empty: no pixel of the target is set")
    return mask.astype(bool)


def check_mask_size(mask: ArrayLike, image_shape: tuple[int, ...]) -> np.ndarray:
    """A mask as an array (H, W), of an image of shape (H, W, ...).

    Raises:
        DataError: the sizes differ.
    """
    mask = np.asarray(mask)
    if mask.shape != tuple(image_shape[:2]):
        raise DataError(
            f"mask of shape {mask.shape} for an image of shape {tuple(image_shape[:2])}; give one (H, W) alike"
        )
    return mask


def unpack_mask(bits: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """(H, W) bool from the bytes that `np.packbits` made of a mask of this shape."""
    return np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(bool)
