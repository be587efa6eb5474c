"""A tracker that looks for the first frame's pixels near the last position, by normalised cross-correlation.

It is a baseline and an example: a folder in pytracking/tracker with `get_tracker_class()`, one in pytracking/parameter
with a `parameters()`, and every command of this project runs it.
"""

import time
from typing import Any

import cv2
import numpy as np
from pydantic import Field

from libs.media.images import as_rgb
from libs.utils.boxes import box_centre, box_to_polygon, clip_box
from libs.utils.masks import box_to_mask
from libs.utils.params import Params
from pytracking.tracker.base.basetracker import BaseTracker, first_box, started

SEARCH_FACTOR = 2.0


class NCCParams(Params):
    """The template matcher."""

    search_factor: float = Field(default=SEARCH_FACTOR, gt=0, le=1000)
    """Side of the searched area over the target's."""

    def __init__(self, search_factor: float = SEARCH_FACTOR) -> None:
        # Its one number may be given by position.
        super().__init__(search_factor=search_factor)


class NCC(BaseTracker):
    """Template matching with a fixed template: no scale, no learning. The mask it reports is its filled box."""

    def __init__(self, params: NCCParams) -> None:
        super().__init__(params)
        self.box: np.ndarray | None = None

    def initialize(self, image: np.ndarray, info: dict[str, Any]) -> dict[str, Any]:
        """Start on a new sequence; see BaseTracker.initialize."""
        start, image = time.perf_counter(), as_rgb(image)
        self.box = box = first_box(info, image.shape)
        self.template = _cut(image, box)[0]
        return self._output(image, box, 1.0, start)

    def track(self, image: np.ndarray, info: dict[str, Any] | None = None) -> dict[str, Any]:
        """Move to where the template fits best; see BaseTracker.track."""
        box, start, image = started(self.box), time.perf_counter(), as_rgb(image)
        size = self.params.search_factor * box[2:]
        area, corner = _cut(image, np.concatenate([box_centre(box) - size / 2, size]))
        if (np.array(area.shape[:2]) < self.template.shape[:2]).any():
            return self._output(image, box, 0.0, start)
        _, score, _, offset = cv2.minMaxLoc(cv2.matchTemplate(area, self.template, cv2.TM_CCOEFF_NORMED))
        found = corner + np.array(offset, dtype=np.float64)
        self.box = box = np.concatenate([found, self.template.shape[1::-1]])
        return self._output(image, box, score, start)

    def _output(self, image: np.ndarray, box: np.ndarray, score: float, start: float) -> dict[str, Any]:
        return {
            "target_bbox": box.copy(),
            "polygon": box_to_polygon(box),
            "segmentation": box_to_mask(box, image.shape),
            "score": score,
            "time": time.perf_counter() - start,
        }


def _cut(image: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of a box inside the image, at least one, and their corner (x, y)."""
    x, y, width, height = clip_box(box, image.shape)
    left, top = min(round(x), image.shape[1] - 1), min(round(y), image.shape[0] - 1)
    part = image[top : max(round(y + height), top + 1), left : max(round(x + width), left + 1)]
    return part, np.array([left, top])
