"""Drawings on the page as arguments of a session; they are checked, because anybody may send anything."""

from typing import Any

import cv2
import numpy as np

from libs.media.coco_masks import are_numbers, as_run_lengths, draw
from libs.utils.errors import DataError
from libs.utils.masks import largest_component
from libs.utils.polygons import polygon_to_box, polygon_to_mask
from pytracking.evaluation.editing import LEAST_SIDE

MOST_CORNERS = 2000
REACH = 0.18
"""Greatest extent of what a click shows, as a share of the image's longer side."""
SEED = 0.012
"""Radius around a click that certainly belongs to the object, as a share of the image's longer side."""
ROUNDS = 4
WORKING_SIDE = 320
"""Pixels of the longer side of the reduced image in which a click is evaluated."""


def read_drawing(drawing: dict[str, Any], image: np.ndarray) -> dict[str, np.ndarray]:
    """A drawing as the argument `box` or `mask` of `Session.add` and `Session.correct`.

    Args:
        drawing: `{"box": [x, y, w, h]}`, `{"polygon": [x1, y1, ...]}`, `{"click": [x, y]}` or
            `{"mask": {"size": [H, W], "counts": [...]}}`, COCO's run lengths down the columns; in pixels of the image.
        image: RGB uint8 (H, W, 3), in which it was drawn.

    Raises:
        DataError: it covers nothing in the image.
    """
    height, width = image.shape[:2]
    kind, value = next(iter(drawing.items()), ("", None))
    if kind == "mask":
        mask = draw(as_run_lengths(value, height, width, "what the brush drew"))
    elif kind == "box" and are_numbers(value) and len(value) == 4:
        return {"box": _box(value, width, height)}
    elif kind == "polygon" and are_numbers(value) and 6 <= len(value) <= 2 * MOST_CORNERS and len(value) % 2 == 0:
        corners = np.clip(np.array(value, float).reshape(-1, 2), 0, (width, height))
        mask = polygon_to_mask(corners, image.shape)
    elif kind == "click" and are_numbers(value) and len(value) == 2:
        mask = segment_click(image, value[0], value[1])
    else:
        raise DataError("that shows no object: draw a box, a polygon, with the brush, or click")
    if not mask.any():
        raise DataError(f"the {kind} holds no pixel of the image: draw it again")
    return {"mask": mask}


def segment_click(image: np.ndarray, x: float, y: float) -> np.ndarray:
    """(H, W) bool: the region around a point with similar colours, by GrabCut; the network is not involved.

    Args:
        image: RGB uint8 (H, W, 3). x, y: in pixels, inside the image.

    Raises:
        DataError: the point is outside.
    """
    height, width = image.shape[:2]
    if not (0 <= x < width and 0 <= y < height):
        raise DataError("the click is outside of the image: click on the object")
    scale = min(1.0, WORKING_SIDE / max(height, width))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    side, point = max(small.shape[:2]), (round(x * scale), round(y * scale))
    labels = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    cv2.circle(labels, point, round(REACH * side), cv2.GC_PR_BGD, -1)
    cv2.circle(labels, point, round(REACH * side / 2), cv2.GC_PR_FGD, -1)
    cv2.circle(labels, point, max(2, round(SEED * side)), cv2.GC_FGD, -1)
    models = np.zeros((2, 1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(np.ascontiguousarray(small), labels, (0, 0, 0, 0), models[0], models[1], ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = largest_component(np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)))
    return cv2.resize(found.astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR) > 0


def _box(numbers: list[float], width: int, height: int) -> np.ndarray:
    """A box inside the image. Raises DataError if it is a click or a line."""
    x, y, w, h = numbers
    corners = np.clip([(x, y), (x + w, y + h)], 0, (width, height))
    box = polygon_to_box(corners)
    if box[2:].min() < LEAST_SIDE:
        raise DataError("that is no box in the image: press at one corner, and drag to the opposite one")
    return box
