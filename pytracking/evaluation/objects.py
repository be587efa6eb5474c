"""Several objects of one video: a tracker for each, all on the same weights."""

import copy
import dataclasses

import numpy as np
from torch import nn

from libs.utils.polygons import polygon_to_box, region_to_polygon


@dataclasses.dataclass(frozen=True)
class ObjectResult:
    """One object in one frame.

    Attributes:
        box: (4,) x, y, w, h in image pixels.
        polygon: (4, 2) corners; those of the box where the tracker reports none.
        mask: (H, W) bool, or None where the tracker reports none.
    """

    box: np.ndarray
    polygon: np.ndarray
    mask: np.ndarray | None


class ObjectTrackers:
    """Follows any number of objects, each with its own copy of a tracker; networks are shared, not copied.

    Args:
        tracker: a `BaseTracker`; it is copied and never started itself.
    """

    def __init__(self, tracker):
        self._tracker = tracker
        self._copies = []
        self._active = []

    def initialize(self, image, infos):
        """Start on a frame, forgetting what was followed before.

        Args:
            image: RGB uint8 (H, W, 3).
            infos: list of dicts as for `BaseTracker.initialize`, one an object.

        Returns:
            list of ObjectResult, one an object.
        """
        while len(self._copies) < len(infos):
            self._copies.append(copy_tracker(self._tracker))
        self._active = self._copies[: len(infos)]
        return [
            read_output(tracker.initialize(image, info) or {}, info)
            for tracker, info in zip(self._active, infos, strict=True)
        ]

    def track(self, image):
        """Follow all objects into the next frame. Returns a list of ObjectResult."""
        return [read_output(tracker.track(image)) for tracker in self._active]


def copy_tracker(tracker):
    """An independent copy of a tracker that shares its networks (attributes that are `torch.nn.Module`s)."""
    networks = [value for value in vars(tracker).values() if isinstance(value, nn.Module)]
    return copy.deepcopy(tracker, {id(network): network for network in networks})


def read_output(out, info=None):
    """What a tracker returned, as an ObjectResult.

    Args:
        out: dict of `BaseTracker.track`, of which only one of `target_bbox` and `polygon` is needed.
        info: what the tracker was started with; stands in where `initialize` returned nothing.
    """
    info = info or {}
    mask = out.get("segmentation", info.get("init_mask"))
    region = out.get("polygon")
    region = out.get("target_bbox", info.get("init_bbox")) if region is None else region
    polygon = region_to_polygon(region)
    box = out.get("target_bbox")
    box = polygon_to_box(polygon) if box is None else np.asarray(box, dtype=np.float64).ravel()
    return ObjectResult(box, polygon, None if mask is None else np.asarray(mask) > 0)
