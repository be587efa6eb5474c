"""Masks whose edges are smooth or noisy, after resizing or as JPEG: two levels out of many, where there are two.

And what is no mask: pictures in few colours or levels, and masks of several levels that were blended at their borders.
"""

import cv2
import numpy as np

from libs.utils.errors import DataError

MOST_LEVELS = 64
"""Of a mask of indices; one that has more is a picture of a mask."""
LEAST_BRIGHT = 128
"""Level that the object of a binary mask has at least."""
DARK, BRIGHT = 0.25, 0.75
"""Shares of the brightest level below and above which a pixel is taken for background and object."""
CORE = 0.9
"""Share of the brightest level above which a smooth mask's pixel is no edge."""
MOST_BETWEEN = 0.03
"""Share of an image's pixels that may lie between both, thick as they may be."""
REACH, LONG_REACH = 3, 8
"""Pixels that a smooth edge is away from the object at most, of few levels, and of many as filters that ring make."""
FEW_LEVELS = 12
MOST_NOISE = 16
"""Level of what is background in an empty mask with noise."""
SPECKS, LEAST_SPECKS, BORDERS = 0.001, 8, 0.05
"""Of a picture: the share and number of pixels without a neighbour of their value, and the share of neighbours that
differ, at least. Video frames of 4 colours have 0.001 and 0.06 or more, drawn masks 0.0005 and 0.01 at most."""
BLENDED_LEVELS, BLENDED_SHARE = 5, 0.4
"""Levels without a square of 3 pixels of their own, and the share of their pixels between lower and higher ones, from
which on a mask was blended."""


def sharpen_mask(grey: np.ndarray, is_lossy: bool, name: str) -> np.ndarray:
    """A grey mask without the levels that resizing or compression made.

    Args:
        grey: (H, W) uint8.
        is_lossy: whether the file's format changes levels, as JPEG does.
        name: of the file, for the error message.

    Returns:
        `grey` itself where its levels are indices; otherwise 0 and 255, if the image has these two modes.

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
    """Whether values (H, W) change from pixel to pixel as those of a picture of the world do, and no mask's."""
    rows, columns = values[1:] != values[:-1], values[:, 1:] != values[:, :-1]
    if rows.size == 0 or columns.size == 0 or (rows.mean() + columns.mean()) / 2 < BORDERS:
        return False
    alone = rows[:-1, 1:-1] & rows[1:, 1:-1] & columns[1:-1, :-1] & columns[1:-1, 1:]
    return bool(alone.sum() >= LEAST_SPECKS and alone.mean() > SPECKS)


def _is_blended(grey: np.ndarray, levels: np.ndarray) -> bool:
    """Whether many levels are found only where one level goes over into another, as after smooth resizing."""
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
    """Whether nearly all pixels are dark or bright, and the others lie at thin edges only."""
    if top < LEAST_BRIGHT:
        # Noise of an empty mask, unless it fills places: then these are numbers of objects, spoilt.
        return top < MOST_NOISE and not _erode(grey > 0).any()
    between = (grey > DARK * top) & (grey < BRIGHT * top)
    thin = not _erode(between).any() and _erode(grey >= BRIGHT * top).any()
    return bool(between.mean() <= MOST_BETWEEN or thin)


def _has_smooth_edges(grey: np.ndarray, levels: np.ndarray) -> bool:
    """Whether the levels between 0 and the highest are found in thin lines around what has the highest only."""
    top = int(levels[-1])
    core = grey >= CORE * top
    between = (grey > 0) & ~core
    if top < LEAST_BRIGHT or not _erode(core, 3).any() or _erode(between).any():
        return False
    side = 2 * (REACH if len(levels) <= FEW_LEVELS else LONG_REACH) + 1
    return bool(cv2.dilate(core.astype(np.uint8), np.ones((side, side), np.uint8))[between].all())


def _erode(mask: np.ndarray, side: int = 5) -> np.ndarray:
    """The pixels of a mask around which a square of `side` belongs to it."""
    return cv2.erode(mask.astype(np.uint8), np.ones((side, side), np.uint8), borderValue=0)
