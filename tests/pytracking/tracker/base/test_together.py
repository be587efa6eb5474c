"""Groups of trackers that go through a frame together, and what happens when memory runs out."""

import logging
import threading

import numpy as np
import pytest

from libs.utils.crops import CropWindow
from libs.utils.errors import SettingsError
from pytracking.tracker.base.basetracker import BaseTracker, SegmentationTracker
from pytracking.tracker.base.batch import BatchTracker
from pytracking.tracker.base.together import copy_tracker, follow_together

IMAGE = np.zeros((40, 50, 3), np.uint8)


class OutOfMemoryError(RuntimeError):
    """Like torch's error, which is recognised by this name."""


class Prediction:
    probability = None

    def __init__(self):
        self.window = CropWindow(0, 0, 8, 8)


class Batched(BatchTracker):
    """Notes the sizes of the batches; a size over `room` is too large."""

    def __init__(self, sizes, room=254, fails_in="predict"):
        super().__init__()
        self.sizes, self.room, self.fails_in, self.frames = sizes, room, fails_in, 0

    @property
    def batch_key(self):
        return id(self.sizes)

    @classmethod
    def predict_all(cls, trackers, image):
        for tracker in trackers:
            tracker.frames += 1
        trackers[0]._use_memory("predict", len(trackers))
        trackers[0].sizes.append(len(trackers))
        return [Prediction() for _ in trackers]

    @classmethod
    def update_all(cls, trackers, predictions, merged):
        trackers[0]._use_memory("update", len(trackers))
        return [{"target_bbox": [tracker.frames, 0, 5, 5]} for tracker in trackers]

    def _use_memory(self, half, count):
        if half == self.fails_in and count > self.room:
            raise OutOfMemoryError("tried to allocate 2 GiB, 1 GiB is free.")

    def _mark(self):
        return self.frames

    def _return_to(self, mark):
        self.frames = mark


class Alone(SegmentationTracker):
    def predict(self, image):
        return Prediction()

    def update(self, prediction, merged=None):
        return {"target_bbox": [7, 0, 5, 5]}


class Plain(BaseTracker):
    def track(self, image, info=None):
        return {"target_bbox": [9, 0, 5, 5]}


def test_those_of_one_network_are_one_batch_and_the_others_go_alone():
    one, other = [], []
    trackers = {5: Batched(one), 2: Alone(), 1: Batched(other), 9: Plain(), 3: Batched(one)}
    results = follow_together(IMAGE, trackers, {})
    assert {number: result.box[0] for number, result in results.items()} == {5: 1, 2: 7, 1: 1, 9: 9, 3: 1}
    assert list(results) == list(trackers)
    assert (one, other) == ([2], [1])


@pytest.mark.parametrize(("count", "expected"), [(1, [1]), (2, [1, 1]), (3, [1, 2]), (5, [1, 2, 2])])
def test_batches_side_by_side_leave_no_core_without_work(count, expected):
    sizes = []
    trackers = {number: Batched(sizes) for number in range(count)}
    for tracker in trackers.values():
        tracker.most_together, tracker.side_by_side = 2, 2
    assert list(follow_together(IMAGE, trackers, {})) == list(trackers)
    assert sorted(sizes) == expected


@pytest.mark.parametrize("half", ["predict", "update"])
def test_where_one_of_two_side_by_side_fails_both_are_as_before(half):
    trackers = {number: Batched(sizes=[], room=room, fails_in=half) for number, room in ((1, 1), (2, 0))}
    for tracker in trackers.values():
        tracker.side_by_side = 2
    with pytest.raises(SettingsError, match="one object"):
        follow_together(IMAGE, trackers, {})
    assert [tracker.frames for tracker in trackers.values()] == [0, 0]


@pytest.mark.parametrize("half", ["predict", "update"])
def test_what_is_too_much_at_once_is_halved_said_and_remembered(caplog, half):
    sizes = []
    trackers = {number: Batched(sizes, room=2, fails_in=half) for number in range(1, 8)}
    with caplog.at_level(logging.WARNING):
        results = follow_together(IMAGE, trackers, {})
    assert [result.box[0] for result in results.values()] == [1] * 7
    told = [record.getMessage() for record in caplog.records]
    assert [text.split(" objects")[0] for text in told] == [
        "the device's memory does not suffice for 7",
        "the device's memory does not suffice for 3",
    ]
    assert "2 GiB" in told[0]
    caplog.clear()
    sizes.clear()
    follow_together(IMAGE, trackers, {})
    assert sizes == [1] * 7
    assert not caplog.records


def test_a_tracker_that_cannot_be_copied_says_what_is_missing():
    tracker = Plain()
    tracker.lock = threading.Lock()
    with pytest.raises(SettingsError, match=r"Plain cannot follow several objects.*lock.*__deepcopy__"):
        copy_tracker(tracker)


def test_one_object_that_is_too_much_is_an_error_with_the_figure():
    tracker = Batched([], room=0)
    with pytest.raises(SettingsError, match="for one object: tried to allocate 2 GiB, 1 GiB is free"):
        follow_together(IMAGE, {1: tracker}, {})
    assert tracker.frames == 0
