import dataclasses

import pytest

from libs.utils.errors import SettingsError
from pytracking.tracker.base.basetracker import BaseTracker, SegmentationTracker


@dataclasses.dataclass
class Prediction:
    image: int
    window: object
    probability: None = None


class Halves(SegmentationTracker):
    """Notes the frames that it learns."""

    def initialize(self, image, info):
        self.learned = []

    def predict(self, image):
        return Prediction(image, window=object())

    def update(self, prediction, merged=None):
        self.learned.append(prediction.image)
        return {}


@pytest.fixture
def tracker():
    tracker = Halves()
    tracker.initialize(0, {})
    return tracker


def test_halves_in_order(tracker):
    tracker.track(1)
    tracker.update(tracker.predict(2))
    tracker.update(dataclasses.replace(tracker.predict(3), probability=None))
    assert tracker.learned == [1, 2, 3]


def test_two_frames_cannot_be_predicted_before_the_first_is_updated(tracker):
    first = tracker.predict(4)
    with pytest.raises(SettingsError, match="the frame before was predicted but not updated"):
        tracker.predict(5)
    tracker.update(first)
    assert tracker.learned == [4]


def test_a_frame_is_learned_once_and_only_the_last(tracker):
    first = tracker.predict(4)
    tracker.update(first)
    with pytest.raises(SettingsError, match="update takes the prediction of the last frame, once"):
        tracker.update(first)
    tracker.predict(5)
    with pytest.raises(SettingsError, match="update takes the prediction of the last frame, once"):
        tracker.update(first)


def test_a_new_start_forgets_what_was_open(tracker):
    tracker.predict(4)
    tracker.initialize(0, {})
    tracker.track(1)
    assert tracker.learned == [1]


def test_what_a_tracker_lacks_is_named():
    with pytest.raises(NotImplementedError, match=r"BaseTracker\.track"):
        BaseTracker().track(None)
