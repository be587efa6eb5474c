"""Trackers of VOTTester's face, `init(image, state, name)` and `update(image)`, as trackers of this project."""

from typing import Any

import numpy as np

from libs.utils.errors import SettingsError
from pytracking.tracker.base.basetracker import BaseTracker, first_box


class InitUpdateTracker(BaseTracker):
    """Gives an object with `init` and `update` the face of a `BaseTracker`.

    Args:
        tracker: has `init(image, state, name)`, `state` being the 4 or 8 numbers that it is started with, and
            `update(image)`, which returns a region of 4 or 8 numbers, or None for a lost target.
    """

    def __init__(self, tracker: Any) -> None:
        super().__init__(getattr(tracker, "params", None))
        self.tracker = tracker

    def initialize(self, image: np.ndarray, info: dict[str, Any]) -> None:
        """Start on a frame, from a mask alone by its tight box; see BaseTracker.initialize."""
        region = info.get("init_bbox")
        region = first_box(info, image.shape) if region is None else region
        self.tracker.init(image, np.ravel(region), info.get("name", ""))

    def track(self, image: np.ndarray, info: dict[str, Any] | None = None) -> dict[str, Any]:
        """Follow the target into the next frame; see BaseTracker.track."""
        return {"polygon": self.tracker.update(image)}


def as_base_tracker(tracker: Any) -> Any:
    """The tracker itself if it has `initialize` and `track`, else an `InitUpdateTracker` around `init` and `update`.

    Raises:
        SettingsError: when it has neither pair.
    """
    if has_methods(tracker, "initialize", "track"):
        return tracker
    if has_methods(tracker, "init", "update"):
        return InitUpdateTracker(tracker)
    raise SettingsError(no_tracker(type(tracker).__name__))


def has_methods(tracker: Any, *names: str) -> bool:
    """Whether an object or class has all these methods."""
    return all(callable(getattr(tracker, name, None)) for name in names)


def no_tracker(name: str) -> str:
    """What is said of an object that is no tracker."""
    return (
        f"{name} is no tracker: it needs initialize(image, info) and track(image), or init(image, state, name) and "
        "update(image)"
    )
