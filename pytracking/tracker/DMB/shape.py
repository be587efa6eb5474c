"""From the mask of a crop to the region of the target in the image."""

import dataclasses

import numpy as np

from libs.utils.boxes import box_to_polygon
from libs.utils.crops import CropWindow
from libs.utils.masks import largest_component, tight_box
from libs.utils.polygons import polygon_area, polygon_to_box
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

    @property
    def centre(self) -> np.ndarray:
        """(2,) x, y of the rectangle, where one was found."""
        assert self.polygon is not None
        return self.polygon.mean(axis=0)


class ShapeFitter:
    """Fits the regions of one target: rotated or upright, and of the size that its annotator would draw.

    Args:
        upright: fit upright rectangles.
        optimize: shrink a rotated rectangle onto the mask.

    Attributes:
        factors: (2,), by which the sides of every rectangle are multiplied.
        offset: (2,), by which its centre moves, in its upright box's sides.
    """

    def __init__(self, upright: bool, optimize: bool):
        self.upright, self.optimize = upright, optimize
        self.factors, self.offset = np.ones(2), np.zeros(2)

    def calibrate(self, region: np.ndarray, mask: np.ndarray, window: CropWindow) -> None:
        """Learn how a given region, (4, 2) corners, differs from the rectangle of its mask (H, W).

        Rotated rectangles are scaled by the root of the areas' ratio. Upright ones are scaled side by side and shifted
        too, each half as far as one frame says, which may be an unusual one.
        """
        rectangle = self._rectangle(window.extract_mask(mask) > 0.5)
        if rectangle is None:
            return
        rectangle = window.to_image(rectangle)
        by_area = np.sqrt(polygon_area(region) / polygon_area(rectangle))
        self.factors = np.clip(np.full(2, by_area), *CALIBRATION)
        if self.upright:
            sides = polygon_to_box(rectangle)[2:]
            by_side = np.clip(polygon_to_box(region)[2:] / sides, *CALIBRATION)
            self.factors = np.sqrt(self.factors * by_side)
            self.offset = (region.mean(axis=0) - rectangle.mean(axis=0)) / sides / 2

    def fit(
        self, on_target: np.ndarray, probability: np.ndarray, window: CropWindow, image_shape: tuple[int, ...]
    ) -> Shape:
        """The shape of the largest part of a mask.

        Args:
            on_target: (S, S) bool, the target's pixels in the crop. probability: (S, S), of the target.
            window: of the crop. image_shape: (H, W, ...).
        """
        part = largest_component(on_target, LEAST_PIXELS)
        polygon, box = self._rectangle(part), None
        if polygon is not None:
            corners = polygon if self.upright else box_to_polygon(tight_box(part))
            polygon, box = (self._calibrated(window.to_image(each)) for each in (polygon, corners))
            box = polygon_to_box(box)
        pixels = int(part.sum())
        score = float(probability[part].mean()) if pixels else 0.0
        mask = np.zeros(image_shape[:2], dtype=bool)
        pasted = window.paste_part(part, image_shape)
        mask[pasted.place] = pasted.values > 0.5
        return Shape(polygon, box, mask, pixels * window.scale**2, score)

    def _rectangle(self, mask: np.ndarray) -> np.ndarray | None:
        return fit_upright_rectangle(mask) if self.upright else fit_rotated_rectangle(mask, self.optimize)

    def _calibrated(self, rectangle: np.ndarray) -> np.ndarray:
        """A rectangle (4, 2) as its annotator would draw it."""
        centre = rectangle.mean(axis=0)
        shift = self.offset * polygon_to_box(rectangle)[2:]
        return centre + shift + self.factors * (rectangle - centre)
