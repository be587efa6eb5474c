"""A tracker that never moves: its numbers are those of a benchmark's motion alone."""

from typing import Any

import numpy as np

from pytracking.tracker.base.basetracker import BaseTracker, first_box, started


class Static(BaseTracker):
    """Reports the region and the mask that it was started with."""

    def __init__(self) -> None:
        super().__init__()
        self._given: dict[str, Any] | None = None

    def initialize(self, image: np.ndarray, info: dict[str, Any]) -> dict[str, Any]:
        """Remember the region; see BaseTracker.initialize."""
        region = info.get("init_bbox")
        region = first_box(info, image.shape) if region is None else region
        self._given = {"polygon": region, "segmentation": info.get("init_mask")}
        return dict(self._given)

    def track(self, image: np.ndarray, info: dict[str, Any] | None = None) -> dict[str, Any]:
        """The same again; see BaseTracker.track."""
        return dict(started(self._given))
