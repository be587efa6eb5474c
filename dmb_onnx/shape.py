"""From the mask of a crop to the region of the target in the image."""

import dataclasses

import cv2
import numpy as np

from dmb_onnx.rectangles import fit_rectangle
from dmb_onnx.regions import box_to_polygon, polygon_area, polygon_to_box, tight_box
from dmb_onnx.windows import Window

LEAST_PIXELS = 50
CALIBRATION = 0.8, 1.5


@dataclasses.dataclass(frozen=True)
class Shape:
    """Corners (4, 2) and upright box (4,), or None; mask (H, W) bool; its pixels in the image; its mean probability."""

    polygon: np.ndarray | None
    box: np.ndarray | None
    mask: np.ndarray
    pixels: float
    score: float

    @property
    def centre(self) -> np.ndarray:
        """(2,) mean of the corners; only where there are any."""
        assert self.polygon is not None
        return self.polygon.mean(axis=0)


class ShapeFitter:
    """Fits the regions of one target, in the size that its annotator would draw."""

    def __init__(self, upright: bool, optimize: bool):
        self.upright, self.optimize = upright, optimize
        self.factors, self.offset = np.ones(2), np.zeros(2)

    def calibrate(self, region: np.ndarray, mask: np.ndarray, window: Window) -> None:
        """Learn how the given region, (4, 2) corners, differs from the rectangle around its mask (H, W)."""
        rectangle = self._rectangle(window.extract_mask(mask) > 0.5)
        if rectangle is None:
            return
        rectangle = window.to_image(rectangle)
        by_area = np.sqrt(polygon_area(region) / polygon_area(rectangle))
        self.factors = np.clip(np.full(2, by_area), *CALIBRATION)
        if self.upright:
            sides = polygon_to_box(rectangle)[2:]
            self.factors = np.sqrt(self.factors * np.clip(polygon_to_box(region)[2:] / sides, *CALIBRATION))
            self.offset = (region.mean(axis=0) - rectangle.mean(axis=0)) / sides / 2

    def fit(self, on_target: np.ndarray, probability: np.ndarray, window: Window, shape: tuple[int, ...]) -> Shape:
        """Fit the largest part of the crop's mask (S, S), for an image of shape (H, W, 3)."""
        part = _largest_part(on_target)
        polygon, box = self._rectangle(part), None
        if polygon is not None:
            corners = polygon if self.upright else box_to_polygon(tight_box(part))
            polygon, corners = (self._calibrated(window.to_image(each)) for each in (polygon, corners))
            box = polygon_to_box(corners)
        pixels = int(part.sum())
        score = float(probability[part].mean()) if pixels else 0.0
        return Shape(polygon, box, window.paste_mask(part, shape) > 0.5, pixels * window.scale**2, score)

    def _rectangle(self, mask: np.ndarray) -> np.ndarray | None:
        return fit_rectangle(mask, self.upright, self.optimize)

    def _calibrated(self, rectangle: np.ndarray) -> np.ndarray:
        centre = rectangle.mean(axis=0)
        return centre + self.offset * polygon_to_box(rectangle)[2:] + self.factors * (rectangle - centre)


def _largest_part(mask: np.ndarray) -> np.ndarray:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not areas.size or areas.max() <= LEAST_PIXELS:
        return np.zeros_like(mask)
    return labels == 1 + int(areas.argmax())
