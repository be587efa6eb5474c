"""The state of the target, and the crops of the two memories around it."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from libs.utils.boxes import Box
from libs.utils.crops import CropWindow


@dataclasses.dataclass(frozen=True)
class TargetState:
    """Where the target is and how large it is, at one moment.

    Attributes:
        centre: (2,) x, y in image pixels; the centre of pixel (i, j) is at (j + 0.5, i + 0.5).
        base_size: (2,) width, height in pixels of the search crop.
        scale: image pixels per pixel of the search crop, > 0.
    """

    centre: np.ndarray
    base_size: np.ndarray
    scale: float

    @classmethod
    def from_box(cls, box: Box, search_area_scale: float, sample_size: int) -> "TargetState":
        """The state with a search square of `sqrt(w*h) * search_area_scale` image pixels, sampled at `sample_size`."""
        x, y, w, h = box
        scale = float(np.sqrt(w * h)) * search_area_scale / sample_size
        return cls(np.array([x + w / 2, y + h / 2]), np.array([w, h]) / scale, scale)

    @classmethod
    def from_numbers(cls, numbers: Sequence[float]) -> "TargetState":
        """The state with these `numbers`."""
        return cls(np.array(numbers[:2]), np.array(numbers[2:4]), numbers[4])

    @property
    def numbers(self) -> list[float]:
        """Centre, base size and scale, five numbers."""
        return [*self.centre.tolist(), *self.base_size.tolist(), float(self.scale)]

    @property
    def size(self) -> np.ndarray:
        """(2,) width, height in image pixels."""
        return self.base_size * self.scale

    @property
    def box(self) -> np.ndarray:
        """(4,) x, y, w, h in image pixels."""
        return np.concatenate([self.centre - self.size / 2, self.size])

    def moved_to(self, centre: Sequence[float] | np.ndarray) -> "TargetState":
        """The same target at another centre (x, y)."""
        return dataclasses.replace(self, centre=np.asarray(centre, dtype=np.float64))

    def rescaled(self, factor: float) -> "TargetState":
        """The same target, `factor` times as large."""
        return dataclasses.replace(self, scale=self.scale * factor)

    def search_window(self, sample_size: int) -> CropWindow:
        """The spatial memory's crop: a square of `sample_size` pixels at the target's scale."""
        return CropWindow.search(self.centre, self.scale * sample_size, sample_size)

    def segmentation_window(self, factor: float, size: int) -> CropWindow:
        """The appearance memory's crop: side `factor * sqrt(w*h)` image pixels, sampled at `size`."""
        return CropWindow.segmentation(self.box, factor, size)
