"""The state of the target, and the crops around it for the two memories."""

import dataclasses

import numpy as np

from dmb_onnx.windows import Window, around, whole_pixels_around


@dataclasses.dataclass(frozen=True)
class Target:
    """Centre (2,) in image pixels, size (2,) in pixels of the search crop, and image pixels per pixel of that crop."""

    centre: np.ndarray
    base_size: np.ndarray
    scale: float

    @property
    def size(self) -> np.ndarray:
        """(2,) width, height in image pixels."""
        return self.base_size * self.scale

    @property
    def box(self) -> np.ndarray:
        """(4,) x, y, w, h."""
        return np.concatenate([self.centre - self.size / 2, self.size])

    def moved(self, centre: np.ndarray) -> "Target":
        """The same target at another centre."""
        return dataclasses.replace(self, centre=np.asarray(centre, np.float64))

    def moved_inside(self, centre: np.ndarray, shape: tuple[int, ...]) -> "Target":
        """The same target at a centre, or at the nearest point of the image."""
        return self.moved(np.clip(centre, 0, (shape[1], shape[0])))

    def rescaled(self, factor: float) -> "Target":
        """The same target, larger or smaller."""
        return dataclasses.replace(self, scale=self.scale * factor)

    def search_window(self, size: int) -> Window:
        """The filter's crop."""
        return around(self.centre, self.scale * size, size)

    def segmentation_window(self, factor: float, size: int) -> Window:
        """The crop to segment."""
        return whole_pixels_around(self.box, factor, size)
