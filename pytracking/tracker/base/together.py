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
    """Bring trackers (number -> tracker) to the next frame, in which others were started. Returns number -> result."""
    two_halves = {number: tracker for number, tracker in trackers.items() if isinstance(tracker, SegmentationTracker)}
    try:
        seen = {number: tracker.predict(image) for number, tracker in two_halves.items()}
        segmented = {
            number: (frame.probability, frame.window) for number, frame in seen.items() if frame.probability is not None
        }
        known = {number: result.mask for number, result in started.items() if result.mask is not None}
        merged: Mapping[int, Any] = {}
        if segmented:
            # Late, as above.
            from libs.memory.merging import merge_targets

            merged = merge_targets(segmented, known, image.shape)
    except BaseException:
        for tracker in two_halves.values():
            tracker.cancel()
        raise
    results: Results = {}
    for number, tracker in trackers.items():
        if isinstance(tracker, SegmentationTracker):
            out = tracker.update(seen[number], merged.get(number))
        else:
            out = tracker.track(image)
        results[number] = read_output(out or {})
    return results
