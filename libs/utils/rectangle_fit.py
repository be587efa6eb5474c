"""Fits a rectangle to a mask's largest part: upright, of minimum area, or rotated and shrunk onto it.

The rotated rectangle follows D3S (Lukezic et al., "D3S - A Discriminative Single Shot Segmentation Tracker", CVPR 2020,
section 3.4): an ellipse gives the angle, then a box in that frame is shrunk while a modified overlap grows.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from libs.utils.boxes import box_to_polygon
from libs.utils.polygons import polygon_area

MIN_CONTOUR_AREA = 50
LONGEST_AXIS = 0.6
LEAST_INSIDE = 0.9
EMPTY_WEIGHT = 0.25
AREA_RATIO = (0.1, 2.5)
INWARDS = (1, 1, -1, -1)  # steps of top, left, bottom, right


def fit_rotated_rectangle(mask: np.ndarray, optimize: bool = True) -> np.ndarray | None:
    """The rotated rectangle of a mask.

    The angle is that of an ellipse fitted to the outline of the largest part or, where an axis of the ellipse is longer
    than 0.6 times the mask's longer side, of the minimum-area rectangle. The box at that angle is shrunk onto the part
    and kept if its area is 0.1 to 2.5 times that of the minimum-area rectangle; otherwise the latter is the result.

    Args:
        mask: (H, W) bool.
        optimize: whether to shrink a rectangle onto the mask; False: return the minimum-area rectangle.

    Returns:
        (4, 2) corners x, y, in edge coordinates of the mask; None if the largest contour's area is 50 pixels or less.
    """
    part, contour = _largest_part(mask)
    if contour is None:
        return None
    smallest = _minimum_area_rectangle(contour)
    if not optimize:
        return smallest
    centre, axes, angle = cv2.fitEllipse(contour)
    if not np.max(axes) <= LONGEST_AXIS * max(part.shape):  # a degenerate ellipse has NaN axes
        centre, _, angle = cv2.minAreaRect(contour)
    shrunk = _shrunk_rectangle(part, contour, centre, angle)
    low, high = (ratio * polygon_area(smallest) for ratio in AREA_RATIO)
    return shrunk if low <= polygon_area(shrunk) <= high else smallest


def fit_upright_rectangle(mask: np.ndarray) -> np.ndarray | None:
    """(4, 2) corners, in edge coordinates, of the tight upright box of a mask's largest part; None as above."""
    _, contour = _largest_part(mask)
    return None if contour is None else box_to_polygon(cv2.boundingRect(contour))


def shrink_box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """The box that covers a mask best, found greedily from the mask's bounds.

    Top, left, bottom and right in turn give up one pixel while that raises the score, inside / (0.25 * empty + all),
    and at least 90 % of the mask stay inside. The starting box is scored too: a mask that fills it keeps it. At the
    end, one side takes its last pixel back if that raises the score: what one side gave up early can be worth more than
    what the others still hold because of the 90 % limit.

    Args:
        mask: (H, W) of weights >= 0, not all zero.

    Returns:
        left, top, right, bottom in pixels, without the last column and row.
    """
    total = float(mask.sum())
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    bounds = [int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1]
    sums = cv2.integral(mask, sdepth=cv2.CV_64F)
    box, best = bounds, _box_score(sums, bounds, total)
    improved = True
    while improved:
        improved = False
        for side, step in enumerate(INWARDS):
            trial = _moved(box, side, step)
            score = _box_score(sums, trial, total)
            if score > best:
                box, best, improved = trial, score, True
    grown = [_moved(box, side, -step) for side, step in enumerate(INWARDS) if box[side] != bounds[side]]
    top, left, bottom, right = max([box, *grown], key=lambda trial: _box_score(sums, trial, total))
    return left, top, right, bottom


def _moved(box: list[int], side: int, step: int) -> list[int]:
    return [edge + step * (index == side) for index, edge in enumerate(box)]


def _box_score(sums: np.ndarray, box: list[int], total: float) -> float:
    top, left, bottom, right = box
    inside = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    if bottom <= top or right <= left or inside < LEAST_INSIDE * total:
        return -1.0
    return inside / (EMPTY_WEIGHT * ((bottom - top) * (right - left) - inside) + total)


def _largest_part(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """The pixels (uint8) inside the mask's largest external contour, and that contour (N, 1, 2), or None."""
    mask = np.ascontiguousarray(mask, dtype=bool).view(np.uint8)
    # The list of contours is the last result but one in every OpenCV generation.
    contours = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[-2]
    largest = max(contours, key=cv2.contourArea, default=None)
    if largest is None or cv2.contourArea(largest) <= MIN_CONTOUR_AREA:
        return mask, None
    return mask & cv2.drawContours(np.zeros_like(mask), [largest], 0, 1, cv2.FILLED), largest


def _minimum_area_rectangle(contour: np.ndarray) -> np.ndarray:
    centre, (width, height), angle = cv2.minAreaRect(contour)
    return _corners(np.add(centre, 0.5), width + 1, height + 1, angle)


def _corners(centre: np.ndarray, width: float, height: float, angle: float) -> np.ndarray:
    """(4, 2) corners of a rectangle turned by `angle` degrees (x towards y)."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    unit = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    return np.asarray(centre) + unit * (width, height) @ np.array([[cos, sin], [-sin, cos]])


def _shrunk_rectangle(part: np.ndarray, contour: np.ndarray, centre: Sequence[float], angle: float) -> np.ndarray:
    """(4, 2) corners of the box shrunk onto a part, turned by `angle` degrees about `centre` (pixel indices)."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turn = np.array([[cos, sin], [-sin, cos]])
    # The canvas holds the whole turned part; shifts by whole pixels keep it on the pixel grid around `centre`.
    outline = (contour[:, 0] - centre) @ turn.T + centre
    shift = np.floor(outline.min(axis=0)) - 1
    size = (np.ceil(outline.max(axis=0)) - shift + 2).astype(int)
    matrix = np.column_stack([turn, centre - turn @ centre - shift])
    turned = cv2.warpAffine(part.astype(np.float32), matrix, size.tolist(), flags=cv2.INTER_LINEAR)
    left, top, right, bottom = shrink_box(turned)
    edges = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) - 0.5 + shift
    return (edges - centre) @ turn + centre + 0.5
