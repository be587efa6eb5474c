"""From the mask of a crop to the region of the target in the image."""

import dataclasses

import numpy as np

from libs.utils.boxes import box_to_polygon
from libs.utils.crops import CropWindow
from libs.utils.masks import largest_component, mask_to_box
from libs.utils.polygons import polygon_area
from libs.utils.rectangle_fit import fit_rotated_rectangle, fit_upright_rectangle

LEAST_PIXELS = 50
"""A part of a mask with no more pixels than this, in the crop, is no target."""
CALIBRATION = 0.8, 1.5
"""Smallest and largest ratio of the sides of a given region to those of the first mask's rectangle."""


@dataclasses.dataclass(frozen=True)
class Shape:
    """What the mask of one frame says of the target.

    Attributes:
        polygon: (4, 2) corners of the rectangle in image pixels, or None where nothing was found.
        box: (4,) x, y, w, h of the mask, in image pixels; None likewise.
        mask: (H, W) bool in image coordinates.
        pixels: number of the mask's pixels, in image pixels.
        score: mean probability of the mask's pixels, 0..1; 0 where it is empty.
    """

    polygon: np.ndarray | None
    box: np.ndarray | None
    mask: np.ndarray
    pixels: float
    score: float


class ShapeFitter:
    """Fits the regions of one target: rotated or upright, and of the size that its annotator would draw.

    Args:
        upright: fit upright rectangles.
        optimize: shrink a rotated rectangle onto the mask.
    """

    def __init__(self, upright: bool, optimize: bool):
        self.upright, self.optimize = upright, optimize
        self.calibration = 1.0

    def calibrate(self, region: np.ndarray, mask: np.ndarray, window: CropWindow) -> None:
        """Keep the ratio of a given region's sides, (4, 2) corners, to those of its mask (H, W), for later regions."""
        rectangle = self._rectangle(window.extract_mask(mask) > 0.5)
        if rectangle is not None:
            ratio = np.sqrt(polygon_area(region) / polygon_area(rectangle * window.scale))
            self.calibration = float(np.clip(ratio, *CALIBRATION))

    def fit(
        self, on_target: np.ndarray, probability: np.ndarray, window: CropWindow, image_shape: tuple[int, ...]
    ) -> Shape:
        """The shape of the largest part of a mask.

        Args:
            on_target: (S, S) bool, the target's pixels in the crop. probability: (S, S), of the target.
            window: of the crop. image_shape: (H, W, ...).
        """
        part = largest_component(on_target, LEAST_PIXELS)
        polygon, box = self._rectangle(part), mask_to_box(part)
        if polygon is None:
            box = None
        else:
            polygon = _scaled(window.to_image(polygon), self.calibration)
            corners = _scaled(window.to_image(box_to_polygon(box)), self.calibration)
            box = np.concatenate([corners[0], corners[2] - corners[0]])
        pixels = int(part.sum())
        score = float(probability[part].mean()) if pixels else 0.0
        pasted = window.paste_mask(part, image_shape[:2]) > 0.5
        return Shape(polygon, box, pasted, pixels * window.scale**2, score)

    def _rectangle(self, mask: np.ndarray) -> np.ndarray | None:
        return fit_upright_rectangle(mask) if self.upright else fit_rotated_rectangle(mask, self.optimize)


def _scaled(polygon: np.ndarray, factor: float) -> np.ndarray:
    """A polygon (4, 2) enlarged about its own centre."""
    centre = polygon.mean(axis=0)
    return centre + factor * (polygon - centre)
