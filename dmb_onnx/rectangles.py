"""The rectangle around a mask's largest part: upright, or rotated and shrunk onto it."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from dmb_onnx.regions import box_to_polygon, polygon_area

LEAST_CONTOUR = 50
LONGEST_AXIS = 0.6
LEAST_INSIDE = 0.9
EMPTY_WEIGHT = 0.25
AREA_RATIO = (0.1, 2.5)
INWARDS = (1, 1, -1, -1)
"""Steps of top, left, bottom, right."""


def fit_rectangle(mask: np.ndarray, upright: bool, optimize: bool) -> np.ndarray | None:
    """(4, 2) corners, in edge coordinates of the mask (H, W); None where the contour's area is 50 pixels or less."""
    mask = np.ascontiguousarray(mask, bool).view(np.uint8)
    contours = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[-2]
    contour = max(contours, key=cv2.contourArea, default=None)
    if contour is None or cv2.contourArea(contour) <= LEAST_CONTOUR:
        return None
    if upright:
        return box_to_polygon(np.array(cv2.boundingRect(contour)))
    centre, (width, height), angle = cv2.minAreaRect(contour)
    smallest = _corners(np.add(centre, 0.5), width + 1, height + 1, angle)
    if not optimize:
        return smallest
    part = mask & cv2.drawContours(np.zeros_like(mask), [contour], 0, 1, cv2.FILLED)
    ellipse_centre, axes, ellipse_angle = cv2.fitEllipse(contour)
    if np.max(axes) <= LONGEST_AXIS * max(part.shape):  # a degenerate ellipse has NaN axes
        centre, angle = ellipse_centre, ellipse_angle
    shrunk = _shrunk_rectangle(part, contour, centre, angle)
    low, high = (ratio * polygon_area(smallest) for ratio in AREA_RATIO)
    return shrunk if low <= polygon_area(shrunk) <= high else smallest


def _turn(angle: float) -> np.ndarray:
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return np.array([[cos, sin], [-sin, cos]])


def _corners(centre: np.ndarray, width: float, height: float, angle: float) -> np.ndarray:
    unit = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    return np.asarray(centre) + unit * (width, height) @ _turn(angle)


def _shrunk_rectangle(part: np.ndarray, contour: np.ndarray, centre: Sequence[float], angle: float) -> np.ndarray:
    """(4, 2) corners of the box shrunk onto a part, turned by `angle` degrees about `centre` (pixel indices)."""
    turn = _turn(angle)
    outline = (contour[:, 0] - centre) @ turn.T + centre
    shift = np.floor(outline.min(axis=0)) - 1
    size = (np.ceil(outline.max(axis=0)) - shift + 2).astype(int)
    matrix = np.column_stack([turn, centre - turn @ centre - shift])
    turned = cv2.warpAffine(part.astype(np.float32), matrix, size.tolist(), flags=cv2.INTER_LINEAR)
    left, top, right, bottom = _shrink(turned)
    edges = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) - 0.5 + shift
    return (edges - centre) @ turn + centre + 0.5


def _shrink(mask: np.ndarray) -> tuple[int, int, int, int]:
    """left, top, right, bottom: the sides move inwards, one pixel at a time, while the score rises."""
    total = float(mask.sum())
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    bounds = [int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1]
    sums = cv2.integral(mask, sdepth=cv2.CV_64F)
    box, best, improved = bounds, _score(sums, bounds, total), True
    while improved:
        improved = False
        for side, step in enumerate(INWARDS):
            trial = _moved(box, side, step)
            score = _score(sums, trial, total)
            if score > best:
                box, best, improved = trial, score, True
    grown = [_moved(box, side, -step) for side, step in enumerate(INWARDS) if box[side] != bounds[side]]
    top, left, bottom, right = max([box, *grown], key=lambda trial: _score(sums, trial, total))
    return left, top, right, bottom


def _moved(box: list[int], side: int, step: int) -> list[int]:
    return [edge + step * (index == side) for index, edge in enumerate(box)]


def _score(sums: np.ndarray, box: list[int], total: float) -> float:
    top, left, bottom, right = box
    inside = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    if bottom <= top or right <= left or inside < LEAST_INSIDE * total:
        return -1.0
    return inside / (EMPTY_WEIGHT * ((bottom - top) * (right - left) - inside) + total)
