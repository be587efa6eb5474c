"""Several objects of one video: a tracker for each, all on the same weights."""

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from libs.media.void import LAST_OBJECT
from libs.utils.errors import DataError
from libs.utils.masks import check_mask, join_masks, mask_to_box
from libs.utils.polygons import check_region, polygon_to_box, region_to_polygon
from libs.utils.state import State
from pytracking.evaluation.limits import MOST_OBJECTS, check_count
from pytracking.tracker.base.basetracker import BaseTracker, SegmentationTracker


@dataclasses.dataclass(frozen=True)
class ObjectResult:
    """One object in one frame.

    Attributes:
        box: (4,) x, y, w, h in image pixels.
        polygon: (4, 2) corners; those of the box where the tracker reports none; NaN, as the box is, where the target
            is lost.
        mask: (H, W) bool, or None where the tracker reports none.
        score: probability that the region overlaps the target by more than half, 0..1; None where the tracker does
            not say.
        state: how sure the tracker is; TRACKED where it does not say.
        debug: RGB uint8 picture of what the tracker did, where it was asked for and has one.
    """

    box: np.ndarray
    polygon: np.ndarray
    mask: np.ndarray | None
    score: float | None = None
    state: State = State.TRACKED
    debug: np.ndarray | None = None


ObjectStarts = Mapping[int, dict[str, Any]]
"""Number of each object that begins in a frame, 1..254 -> dict as for `BaseTracker.initialize`."""
ObjectResults = dict[int, ObjectResult]
"""Number of each object -> what is known of it in a frame."""
Tracker = TypeVar("Tracker", bound=BaseTracker)


class ObjectTrackers:
    """Follows any number of objects of one video, each with its own copy of a tracker; networks are shared, not copied.

    With a `SegmentationTracker`, such as DMB, the masks of a frame are merged by soft aggregation before any object
    learns from its own: each remembers its share of them. With any other tracker the objects know nothing of each
    other. Either way no pixel is in two of the masks that come out (see `join_masks`).

    Args:
        tracker: a `BaseTracker`; it follows one object, copies of it the others.
        max_objects: how many may be followed at a time.
    """

    def __init__(self, tracker: BaseTracker, max_objects: int = MOST_OBJECTS) -> None:
        self._trackers = [tracker]
        self._max_objects = max_objects
        self._active: dict[int, BaseTracker] = {}

    def initialize(self, image: np.ndarray, starts: ObjectStarts) -> ObjectResults:
        """Start on a frame, forgetting what was followed before.

        Args:
            image: RGB uint8 (H, W, 3).
            starts: of the objects.

        Returns:
            their results, by ascending number.

        Raises:
            DataError: a number, region or mask cannot be used. What the trackers raise escapes.
        """
        self._active = {}
        return self.track(image, starts)

    def track(self, image: np.ndarray, starts: ObjectStarts | None = None) -> ObjectResults:
        """Follow all objects into the next frame, and start on those that begin in it.

        Args:
            image: RGB uint8 (H, W, 3).
            starts: as for `initialize`; an object that is followed already is started anew.

        Returns, raises:
            as `initialize`.
        """
        starts = starts or {}
        followed = {number: tracker for number, tracker in self._active.items() if number not in starts}
        started = {number: self._start(number, image, info) for number, info in starts.items()}
        results = started | _follow(image, followed, started)
        return _share_pixels({number: results[number] for number in sorted(results)})

    def _start(self, number: int, image: np.ndarray, info: dict[str, Any]) -> ObjectResult:
        if number not in range(1, LAST_OBJECT + 1):
            raise DataError(f"object {number!r}: give objects numbers from 1 to {LAST_OBJECT}")
        _check_start(info, image.shape)
        if number not in self._active:
            check_count(len(self._active) + 1, self._max_objects, f"object {number}")
            if len(self._active) == len(self._trackers):
                self._trackers.append(copy_tracker(self._trackers[0]))
            free = [tracker for tracker in self._trackers if tracker not in self._active.values()]
            self._active[number] = free[0]
        return read_output(self._active[number].initialize(image, info) or {}, info)


def _follow(image: np.ndarray, trackers: Mapping[int, BaseTracker], started: ObjectResults) -> ObjectResults:
    """Bring trackers (number -> tracker) to the next frame, in which others were started. Returns number -> result."""
    seen = {
        number: tracker.predict(image)
        for number, tracker in trackers.items()
        if isinstance(tracker, SegmentationTracker)
    }
    segmented = {
        number: (frame.probability, frame.window) for number, frame in seen.items() if frame.probability is not None
    }
    known = {number: result.mask for number, result in started.items() if result.mask is not None}
    merged: Mapping[int, Any] = {}
    if segmented:
        # Late, because torch takes seconds to import, which trackers without a network do not need.
        from libs.memory.merging import merge_targets

        merged = merge_targets(segmented, known, image.shape)
    results: ObjectResults = {}
    for number, tracker in trackers.items():
        if isinstance(tracker, SegmentationTracker):
            out = tracker.update(seen[number], merged.get(number))
        else:
            out = tracker.track(image)
        results[number] = read_output(out or {})
    return results


def _share_pixels(results: ObjectResults) -> ObjectResults:
    """The same results with masks that share no pixel."""
    masks = {number: result.mask for number, result in results.items() if result.mask is not None}
    if len(masks) < 2:
        return results
    labels = join_masks(masks)
    return {
        number: dataclasses.replace(result, mask=labels == number) if number in masks else result
        for number, result in results.items()
    }


def _check_start(info: Mapping[str, Any], image_shape: tuple[int, ...]) -> None:
    # Here, because not every tracker checks what it is started with.
    if info.get("init_bbox") is not None:
        check_region(info["init_bbox"], image_shape)
    if info.get("init_mask") is not None:
        check_mask(info["init_mask"], image_shape)


def copy_tracker(tracker: Tracker) -> Tracker:
    """An independent copy of a tracker that shares its networks (attributes that are `torch.nn.Module`s)."""
    # Late, as above.
    from torch import nn

    networks = [value for value in vars(tracker).values() if isinstance(value, nn.Module)]
    return copy.deepcopy(tracker, {id(network): network for network in networks})


def read_output(out: Mapping[str, Any], info: Mapping[str, Any] | None = None) -> ObjectResult:
    """What a tracker returned, as an ObjectResult.

    Args:
        out: dict of `BaseTracker.track`, of which only one of `target_bbox` and `polygon` is needed.
        info: what the tracker was started with; stands in where `initialize` returned nothing.
    """
    info = info or {}
    mask = out.get("segmentation", info.get("init_mask"))
    mask = None if mask is None else np.asarray(mask) > 0
    reported = [out.get("polygon"), out.get("target_bbox"), info.get("init_bbox")]
    region = next((region for region in reported if region is not None), None)
    if region is None and info.get("init_mask") is not None:
        region = mask_to_box(np.asarray(info["init_mask"]) > 0)
    polygon = _polygon_of(region)
    box = out.get("target_bbox")
    box = polygon_to_box(polygon) if box is None or np.size(box) != 4 else np.asarray(box, dtype=np.float64).ravel()
    score = None if out.get("score") is None else float(out["score"])
    return ObjectResult(box, polygon, mask, score, State(out.get("state", State.TRACKED)), out.get("debug"))


def _polygon_of(region: Any) -> np.ndarray:
    """(4, 2) corners of a reported region, NaN where it is none: a lost target."""
    if region is None or np.size(region) not in (4, 8) or not np.isfinite(np.asarray(region, dtype=float)).all():
        return np.full((4, 2), np.nan)
    return region_to_polygon(region)
