"""One face for all trackers: `init(image, state, name)` once a start, then `update(image)` for every frame."""

import numpy as np

from libs.utils.errors import SettingsError
from libs.utils.polygons import region_to_polygon


class VOTAdapter:
    """Gives a `BaseTracker` the face of VOTTester's trackers."""

    def __init__(self, tracker):
        self.tracker = tracker

    def init(self, image, state, name):
        """Start on a frame.

        Args:
            image: RGB uint8 (H, W, 3).
            state: the target's region, 4 (x, y, w, h) or 8 (corners) numbers in image pixels.
            name: the sequence's name.
        """
        self.tracker.initialize(image, {"init_bbox": list(np.ravel(state))})

    def update(self, image):
        """Follow the target into the next frame; returns its polygon, or its box where there is no polygon."""
        out = self.tracker.track(image)
        polygon = out.get("polygon")
        return out["target_bbox"] if polygon is None else polygon


def as_vot_tracker(tracker):
    """The tracker itself if it has `init` and `update`, else a `VOTAdapter` around its `initialize` and `track`.

    Raises:
        SettingsError: when it has neither pair.
    """
    if hasattr(tracker, "init") and hasattr(tracker, "update"):
        return tracker
    if hasattr(tracker, "initialize") and hasattr(tracker, "track"):
        return VOTAdapter(tracker)
    raise SettingsError(
        f"{type(tracker).__name__} is no tracker: it needs initialize(image, info) and track(image), "
        "or init(image, state, name) and update(image)"
    )


def reported_polygon(region):
    """(4, 2) corners of what `update` returned, or None where it is no region: a lost target, which is a failure."""
    if region is None or np.size(region) not in (4, 8) or not np.isfinite(np.asarray(region, dtype=float)).all():
        return None
    return region_to_polygon(region)
