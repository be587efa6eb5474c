"""A tracker that looks for the first frame's pixels near the last position, by normalised cross-correlation.

It is a baseline and an example: a folder in pytracking/tracker with `get_tracker_class()`, one in pytracking/parameter
with a `parameters()`, and every command of this project runs it.
"""

import time

import cv2
import numpy as np
from pydantic import Field

from libs.media.images import as_rgb
from libs.utils.boxes import box_centre, box_to_polygon, clip_box
from libs.utils.masks import box_to_mask, check_mask, mask_to_box
from libs.utils.params import Params
from libs.utils.polygons import check_region, polygon_to_box
from pytracking.tracker.base.basetracker import BaseTracker, require_start


class NCCParams(Params):
    """The template matcher."""

    search_factor: float = Field(default=2.0, gt=0, le=1000)
    """Side of the searched area over the target's."""


class NCC(BaseTracker):
    """Template matching with a fixed template: no scale, no learning. The mask it reports is its filled box."""

    def __init__(self, params):
        super().__init__(params)
        self.box = None

    def initialize(self, image, info):
        """Start on a new sequence; see BaseTracker.initialize."""
        start, image = time.perf_counter(), as_rgb(image)
        self.box = _first_box(info, image.shape)
        self.template = _cut(image, self.box)[0]
        return self._output(image, 1.0, start)

    def track(self, image, info=None):
        """Move to where the template fits best; see BaseTracker.track."""
        require_start(self.box is not None)
        start, image = time.perf_counter(), as_rgb(image)
        size = self.params.search_factor * self.box[2:]
        area, corner = _cut(image, np.concatenate([box_centre(self.box) - size / 2, size]))
        if (np.array(area.shape[:2]) < self.template.shape[:2]).any():
            return self._output(image, 0.0, start)
        _, score, _, offset = cv2.minMaxLoc(cv2.matchTemplate(area, self.template, cv2.TM_CCOEFF_NORMED))
        found = corner + np.array(offset, dtype=np.float64)
        self.box = np.concatenate([found, self.template.shape[1::-1]])
        return self._output(image, score, start)

    def _output(self, image, score, start):
        return {
            "target_bbox": self.box.copy(),
            "polygon": box_to_polygon(self.box),
            "segmentation": box_to_mask(self.box, image.shape),
            "score": score,
            "time": time.perf_counter() - start,
        }


def _first_box(info, image_shape):
    region = info.get("init_bbox")
    if region is None:
        return mask_to_box(check_mask(info["init_mask"], image_shape))
    return polygon_to_box(check_region(region, image_shape))


def _cut(image, box):
    """The pixels of a box inside the image, at least one, and their corner (x, y)."""
    x, y, width, height = clip_box(box, image.shape)
    left, top = min(round(x), image.shape[1] - 1), min(round(y), image.shape[0] - 1)
    part = image[top : max(round(y + height), top + 1), left : max(round(x + width), left + 1)]
    return part, np.array([left, top])
