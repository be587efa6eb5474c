"""Masks with smooth or noisy edges, from resizing or JPEG: recovers their two levels, where there are two.

Also recognises what is not a mask: pictures in few colours or levels, and blended masks of several levels.
"""

import cv2
import numpy as np

from libs.utils.errors import DataError

MOST_LEVELS = 64
"""Most levels of a mask of indices; one with more is a picture of a mask."""
LEAST_BRIGHT = 128
"""Lowest level of the object in a binary mask."""
DARK, BRIGHT = 0.25, 0.75
"""Fractions of the brightest level below and above which a pixel counts as background and object."""
CORE = 0.9
"""Fraction of the brightest level above which a smooth mask's pixel is not an edge."""
MOST_BETWEEN = 0.03
"""Fraction of an image's pixels that may lie between the two, however thick the edges are."""
REACH, LONG_REACH = 3, 8
"""Largest distance of a smooth edge from the object in pixels: with few levels; with many, as ringing filters make."""
FEW_LEVELS = 12
MOST_NOISE = 16
"""Highest level of background in an empty mask with noise."""
SPECKS, LEAST_SPECKS, BORDERS = 0.001, 8, 0.05
"""Least values for a picture: fraction and number of pixels without a neighbour of their value; fraction of
neighbours that differ. Video frames of 4 colours have at least 0.001 and 0.06, drawn masks at most 0.0005 and 0.01."""
BLENDED_LEVELS, BLENDED_SHARE = 5, 0.4
"""A mask with at least so many levels that fill no square of 3 pixels, and so large a fraction of their pixels between
lower and higher ones, was blended."""


def sharpen_mask(grey: np.ndarray, is_lossy: bool, name: str) -> np.ndarray:
    """A grey mask without the levels that resizing or compression made.

    Args:
        grey: (H, W) uint8.
        is_lossy: whether the file's format alters levels, as JPEG does.
        name: of the file, for the error message.

    Returns:
        `grey` itself if its levels are indices; otherwise 0 and 255, if the image has these two modes.

    Raises:
        DataError: the levels are neither indices nor two with noise or smooth edges between them.
    """
    levels = np.flatnonzero(np.bincount(grey.ravel(), minlength=256))
    noisy = is_lossy or len(levels) > MOST_LEVELS
    if len(levels) < 3 and not (is_lossy and levels[-1] not in (0, 255)):
        return grey
    smooth = _has_smooth_edges(grey, levels)
    if not noisy and not smooth and not is_picture(grey) and not _is_blended(grey, levels):
        return grey
    if not (noisy or smooth) or not _has_two_modes(grey, int(levels[-1])):
        raise DataError(
            f"mask {name} was saved in a lossy form: its {len(levels)} grey levels are neither two nor the numbers of "
            "objects; save masks as PNG, without resizing or with the nearest pixel (PIL: Image.NEAREST)"
        )
    return np.where(grey > max(levels[-1] // 2, MOST_NOISE), np.uint8(255), np.uint8(0))


def is_picture(values: np.ndarray) -> bool:
    """Whether values (H, W) change from pixel to pixel like those of a photograph, unlike those of a mask."""
    rows, columns = values[1:] != values[:-1], values[:, 1:] != values[:, :-1]
    if rows.size == 0 or columns.size == 0 or (rows.mean() + columns.mean()) / 2 < BORDERS:
        return False
    alone = rows[:-1, 1:-1] & rows[1:, 1:-1] & columns[1:-1, :-1] & columns[1:-1, 1:]
    return bool(alone.sum() >= LEAST_SPECKS and alone.mean() > SPECKS)


def _is_blended(grey: np.ndarray, levels: np.ndarray) -> bool:
    """Whether many levels occur only where one level blends into another, as after smooth resizing."""
    if len(levels) < BLENDED_LEVELS:
        return False
    square = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(grey, square), cv2.dilate(grey, square)
    thin = np.setdiff1d(levels, np.unique(grey[low == high]))
    if len(thin) < BLENDED_LEVELS:
        return False
    between = ((low < grey) & (grey < high))[np.isin(grey, thin)]
    return bool(between.mean() > BLENDED_SHARE)


def _has_two_modes(grey: np.ndarray, top: int) -> bool:
    """Whether nearly all pixels are dark or bright, and the others only lie at thin edges."""
    if top < LEAST_BRIGHT:
        # Noise of an empty mask, unless it fills areas: those are object numbers that were spoilt.
        return top < MOST_NOISE and not _erode(grey > 0).any()
    between = (grey > DARK * top) & (grey < BRIGHT * top)
    thin = not _erode(between).any() and _erode(grey >= BRIGHT * top).any()
    return bool(between.mean() <= MOST_BETWEEN or thin)


def _has_smooth_edges(grey: np.ndarray, levels: np.ndarray) -> bool:
    """Whether the levels between 0 and the highest occur only in thin lines around areas of the highest."""
    top = int(levels[-1])
    core = grey >= CORE * top
    between = (grey > 0) & ~core
    if top < LEAST_BRIGHT or not _erode(core, 3).any() or _erode(between).any():
        return False
    side = 2 * (REACH if len(levels) <= FEW_LEVELS else LONG_REACH) + 1
    return bool(cv2.dilate(core.astype(np.uint8), np.ones((side, side), np.uint8))[between].all())


def _erode(mask: np.ndarray, side: int = 5) -> np.ndarray:
    """The pixels of a mask whose surrounding square of `side` belongs to it."""
    return cv2.erode(mask.astype(np.uint8), np.ones((side, side), np.uint8), borderValue=0)
