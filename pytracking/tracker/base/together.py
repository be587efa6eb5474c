"""Several trackers on one video: copies that share their networks, and masks that are merged before anyone learns."""

import copy
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from pytracking.tracker.base.basetracker import BaseTracker, SegmentationTracker
from pytracking.tracker.base.result import Results, read_output

Tracker = TypeVar("Tracker", bound=BaseTracker)


def copy_tracker(tracker: Tracker) -> Tracker:
    """An independent copy of a tracker that shares its networks (attributes that are `torch.nn.Module`s)."""
    # Late, because torch takes seconds to import, which trackers without a network do not need.
    from torch import nn

    networks = [value for value in vars(tracker).values() if isinstance(value, nn.Module)]
    return copy.deepcopy(tracker, {id(network): network for network in networks})


def follow_together(image: np.ndarray, trackers: Mapping[int, BaseTracker], started: Results) -> Results:
    """Bring trackers (number -> tracker) to the next frame, in which others were started. Returns number -> result.

    Where one of them fails, those that are `SegmentationTracker`s are as they were before.
    """
    seen: dict[int, Any] = {}
    begun: list[SegmentationTracker] = []
    results: Results = {}
    try:
        for number, tracker in trackers.items():
            if isinstance(tracker, SegmentationTracker):
                seen[number] = tracker.predict(image)
                begun.append(tracker)
        merged = _merge(seen, started, image.shape)
        for number, tracker in trackers.items():
            if isinstance(tracker, SegmentationTracker):
                out = tracker.update(seen[number], merged.get(number))
            else:
                out = tracker.track(image)
            results[number] = read_output(out or {})
    except BaseException:
        for tracker in begun:
            tracker.cancel()
        raise
    return results


def _merge(seen: Mapping[int, Any], started: Results, image_shape: tuple[int, ...]) -> Mapping[int, Any]:
    """Number -> shares of each target that was segmented, as `SegmentationTracker.update` takes them."""
    segmented = {
        number: (frame.probability, frame.window) for number, frame in seen.items() if frame.probability is not None
    }
    if not segmented:
        return {}
    # Late, as above.
    from libs.memory.merging import merge_targets

    known = {number: result.mask for number, result in started.items() if result.mask is not None}
    return merge_targets(segmented, known, image_shape)
