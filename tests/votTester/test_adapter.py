import numpy as np
import pytest

from libs.utils.errors import SettingsError
from pytracking.tracker.base.basetracker import BaseTracker
from votTester.adapter import VOTAdapter, as_vot_tracker, reported_polygon
from votTester.reference_trackers import StaticTracker

SQUARE = np.array([[1.0, 1.0], [5.0, 1.0], [5.0, 5.0], [1.0, 5.0]])


class Recorder(BaseTracker):
    def __init__(self, out):
        super().__init__(None)
        self.out = out

    def initialize(self, image, info):
        self.info = info

    def track(self, image, info=None):
        return self.out


def test_base_tracker_gets_init_and_update():
    tracker = Recorder({"polygon": SQUARE, "target_bbox": [0, 0, 9, 9]})
    adapter = as_vot_tracker(tracker)
    adapter.init(np.zeros((8, 8, 3), np.uint8), SQUARE.ravel(), "ants1")
    assert tracker.info == {"init_bbox": SQUARE.ravel().tolist()}
    np.testing.assert_array_equal(adapter.update(None), SQUARE)


@pytest.mark.parametrize("out", [{"target_bbox": [1, 1, 4, 4]}, {"target_bbox": [1, 1, 4, 4], "polygon": None}])
def test_without_a_polygon_the_box_is_reported(out):
    assert VOTAdapter(Recorder(out)).update(None) == [1, 1, 4, 4]


def test_init_update_tracker_is_taken_as_it_is():
    tracker = StaticTracker()
    assert as_vot_tracker(tracker) is tracker


def test_no_tracker_is_refused_with_what_it_lacks():
    with pytest.raises(SettingsError, match=r"dict is no tracker: it needs initialize"):
        as_vot_tracker({})


def test_box_and_polygon_are_reported_as_polygons():
    np.testing.assert_array_equal(reported_polygon([1, 1, 4, 4]), SQUARE)
    np.testing.assert_array_equal(reported_polygon(SQUARE), SQUARE)


@pytest.mark.parametrize("region", [None, [1, 2, np.nan, 4], [np.inf] * 8, [1, 2, 3], []])
def test_no_region_is_a_lost_target_and_never_raises(region):
    assert reported_polygon(region) is None
