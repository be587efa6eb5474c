"""Several trackers on one video: copies that share their networks, and masks that are merged before anyone learns."""

import copy
import functools
import logging
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from libs.utils.errors import SettingsError
from pytracking.tracker.base.basetracker import (
    BaseTracker,
    SegmentationTracker,
    close_in_order,
    predict_in_order,
)
from pytracking.tracker.base.batch import BatchTracker
from pytracking.tracker.base.result import Results, read_output
from pytracking.tracker.base.side_by_side import map_side_by_side

LOG = logging.getLogger(__name__)
Tracker = TypeVar("Tracker", bound=BaseTracker)
Group = tuple[list[int], list[SegmentationTracker]]
"""Numbers of trackers, and the trackers."""


def copy_tracker(tracker: Tracker) -> Tracker:
    """An independent copy of a tracker that shares its networks (attributes that are `torch.nn.Module`s).

    Raises:
        SettingsError: something in the tracker cannot be copied.
    """
    # Late, because torch takes seconds to import, which trackers without a network do not need.
    from torch import nn

    networks = [value for value in vars(tracker).values() if isinstance(value, nn.Module)]
    try:
        return copy.deepcopy(tracker, {id(network): network for network in networks})
    except TypeError as error:
        raise SettingsError(
            f"{type(tracker).__name__} cannot follow several objects: it cannot be copied ({error}); what its "
            "copies can share needs a `__deepcopy__` that returns itself"
        ) from error


def follow_together(image: np.ndarray, trackers: Mapping[int, BaseTracker], started: Results) -> Results:
    """Bring trackers (number -> tracker) to the next frame, in which others were started. Returns number -> result.

    Where one of them fails, those that are `SegmentationTracker`s are as they were before.

    Raises:
        SettingsError: the device has no memory for one object; what is too much for a batch is tried in halves.
    """
    begun: list[SegmentationTracker] = []
    try:
        outputs = _follow_groups(image, _groups(trackers), started, begun)
        for number in trackers.keys() - outputs.keys():
            outputs[number] = trackers[number].track(image)
        return {number: read_output(outputs[number] or {}) for number in trackers}
    except BaseException as error:
        for tracker in begun:
            tracker.cancel()
        # By its name, because of the late import.
        if type(error).__name__ != "OutOfMemoryError":
            raise
        _halve(trackers, error)
    return follow_together(image, trackers, started)


def _follow_groups(
    image: np.ndarray, groups: Sequence[Group], started: Results, begun: list[SegmentationTracker]
) -> dict[int, Any]:
    """Number -> output of each `SegmentationTracker`; those that have seen the frame are put into `begun`."""
    firsts = [group[0] for _, group in groups]
    at_once = min((first.side_by_side if isinstance(first, BatchTracker) else 1 for first in firsts), default=1)
    seen: dict[int, Any] = {}
    for found in map_side_by_side(functools.partial(_predict, image, begun), groups, at_once):
        seen |= found
    merged = _merge(seen, started)
    outputs: dict[int, Any] = {}
    for found in map_side_by_side(functools.partial(_update, seen, merged), groups, at_once):
        outputs |= found
    return outputs


def _halve(trackers: Mapping[int, BaseTracker], error: BaseException) -> None:
    """Let fewer trackers be one batch. Raises SettingsError where each is alone already."""
    largest = max((len(group) for _, group in _groups(trackers)), default=0)
    told = str(error).splitlines()[0] if str(error) else "out of memory"
    if largest < 2:
        raise SettingsError(
            f"the device's memory does not suffice for one object: {told} Set a smaller memory_capacity, "
            "sample_memory_size or segm_output_sz, precision bf16, or device cpu"
        ) from error
    LOG.warning("the device's memory does not suffice for %d objects at once, so half are tried: %s", largest, told)
    for tracker in trackers.values():
        if isinstance(tracker, BatchTracker):
            tracker.most_together = largest // 2


def _groups(trackers: Mapping[int, BaseTracker]) -> list[Group]:
    """The `SegmentationTracker`s, those together that can be one batch."""
    alike: dict[Hashable, list[int]] = {}
    for number, tracker in trackers.items():
        if isinstance(tracker, SegmentationTracker):
            key = ("batch", tracker.batch_key) if isinstance(tracker, BatchTracker) else ("alone", number)
            alike.setdefault(key, []).append(number)
    groups = []
    for numbers in alike.values():
        first, most = trackers[numbers[0]], 1
        if isinstance(first, BatchTracker):
            most = min(first.most_together, math.ceil(len(numbers) / first.side_by_side))
        for start in range(0, len(numbers), most):
            chosen = numbers[start : start + most]
            members = (trackers[number] for number in chosen)
            groups.append((chosen, [member for member in members if isinstance(member, SegmentationTracker)]))
    return groups


def _predict(image: np.ndarray, begun: list[SegmentationTracker], members: Group) -> dict[int, Any]:
    numbers, group = members
    kind = type(group[0])
    if issubclass(kind, BatchTracker):
        predictions = predict_in_order(group, lambda: kind.predict_all(group, image))
    else:
        predictions = [tracker.predict(image) for tracker in group]
    begun += group
    return dict(zip(numbers, predictions, strict=True))


def _update(seen: Mapping[int, Any], merged: Mapping[int, Any], members: Group) -> dict[int, Any]:
    numbers, group = members
    predictions, shares = ([each.get(number) for number in numbers] for each in (seen, merged))
    kind = type(group[0])
    if issubclass(kind, BatchTracker):
        close_in_order(group, predictions)
        outputs = kind.update_all(group, predictions, shares)
    else:
        outputs = [tracker.update(*each) for tracker, *each in zip(group, predictions, shares, strict=True)]
    return dict(zip(numbers, outputs, strict=True))


def _merge(seen: Mapping[int, Any], started: Results) -> Mapping[int, Any]:
    """Number -> shares of each target that was segmented, as `SegmentationTracker.update` takes them."""
    segmented = {
        number: (frame.probability, frame.window) for number, frame in seen.items() if frame.probability is not None
    }
    if not segmented:
        return {}
    # Late, as above.
    from libs.memory.merging import merge_targets

    known = {number: result.mask for number, result in started.items() if result.mask is not None}
    return merge_targets(segmented, known)
