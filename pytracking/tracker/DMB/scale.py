"""Whether and how far the target's scale follows the rectangle fitted to its mask."""

import collections
from collections.abc import Iterable

import numpy as np

from pytracking.tracker.DMB.params import DMBParams


class ScaleFollower:
    """Believes a new scale only when it and the number of mask pixels are plausible, and follows it in small steps.

    Args:
        params: of the tracker.
        from_mask: the tracker was started from a mask, so larger steps are allowed.
        pixels: number of pixels of the first mask, in image pixels.
    """

    def __init__(self, params: DMBParams, from_mask: bool, pixels: float) -> None:
        self.params = params
        prefix = "mask_init_" if from_mask else ""
        self.limits = tuple(getattr(params, f"{prefix}{end}_scale_change_factor") for end in ("min", "max"))
        self._pixels = collections.deque([pixels], maxlen=params.mask_pixels_budget_sz)

    @property
    def average_pixels(self) -> float:
        """Mean number of pixels of the last masks, in image pixels."""
        return float(np.mean(self._pixels))

    @property
    def pixels(self) -> list[float]:
        """Numbers of pixels of the last masks."""
        return list(self._pixels)

    @pixels.setter
    def pixels(self, pixels: Iterable[float]) -> None:
        self._pixels.clear()
        self._pixels.extend(pixels)

    def step(
        self, scale: float, new_scale: float, pixels: float, uncertainty: float, limits: tuple[float, float]
    ) -> float:
        """Factor to multiply the scale by; 1 when the measurement is not believed.

        Args:
            scale, new_scale: the target's scale and the one the fitted rectangle asks for.
            pixels: number of pixels of the mask, in image pixels.
            uncertainty: of the spatial memory in this frame.
            limits: smallest and largest factor.
        """
        average = self.average_pixels
        deviation = abs(pixels - average) / average
        if deviation < self.params.consider_segm_pixels_ratio:
            self._pixels.append(pixels)
        believed = (
            self.params.segm_scale_estimation
            and uncertainty < self.params.uncertainty_segm_scale_thr
            and deviation < self.params.segm_pixels_ratio
            and new_scale > self.params.segm_min_scale
            and abs(new_scale - scale) / scale < self.params.max_rel_scale_ch_thr
        )
        return float(np.clip(new_scale / scale, *limits)) if believed else 1.0
