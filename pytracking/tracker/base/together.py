"""Several trackers on one video: copies that share their networks, and masks that are merged before anyone learns."""

import copy
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from pytracking.tracker.base.basetracker import (
    BaseTracker,
    SegmentationTracker,
    close_in_order,
    predict_in_order,
)
from pytracking.tracker.base.batch import BatchTracker
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
    groups = _groups(trackers)
    seen: dict[int, Any] = {}
    outputs: dict[int, Any] = {}
    begun: list[SegmentationTracker] = []
    try:
        for numbers, group in groups:
            seen |= zip(numbers, _predict(group, image), strict=True)
            begun += group
        merged = _merge(seen, started, image.shape)
        for numbers, group in groups:
            predictions, shares = ([each.get(number) for number in numbers] for each in (seen, merged))
            outputs |= zip(numbers, _update(group, predictions, shares), strict=True)
        for number in trackers.keys() - outputs.keys():
            outputs[number] = trackers[number].track(image)
        return {number: read_output(outputs[number] or {}) for number in trackers}
    except BaseException:
        for tracker in begun:
            tracker.cancel()
        raise


def _groups(trackers: Mapping[int, BaseTracker]) -> list[tuple[list[int], list[SegmentationTracker]]]:
    """Numbers and trackers of the `SegmentationTracker`s, those together that can be one batch."""
    groups: dict[Hashable, tuple[list[int], list[SegmentationTracker]]] = {}
    for number, tracker in trackers.items():
        if isinstance(tracker, SegmentationTracker):
            key = tracker.batch_key if isinstance(tracker, BatchTracker) else number
            numbers, group = groups.setdefault((type(tracker), key), ([], []))
            numbers.append(number)
            group.append(tracker)
    return list(groups.values())


def _predict(group: list[SegmentationTracker], image: np.ndarray) -> Sequence[Any]:
    kind = type(group[0])
    if issubclass(kind, BatchTracker):
        return predict_in_order(group, lambda: kind.predict_all(group, image))
    return [tracker.predict(image) for tracker in group]


def _update(group: list[SegmentationTracker], predictions: list[Any], shares: list[Any]) -> Sequence[Any]:
    kind = type(group[0])
    if issubclass(kind, BatchTracker):
        close_in_order(group, predictions)
        return kind.update_all(group, predictions, shares)
    return [tracker.update(*seen) for tracker, *seen in zip(group, predictions, shares, strict=True)]


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
