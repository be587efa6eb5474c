import numpy as np
import pytest

from libs.utils.errors import SettingsError
from pytracking.session import Session
from pytracking.tracker.base.adapter import InitUpdateTracker, as_base_tracker
from pytracking.tracker.base.basetracker import BaseTracker
from pytracking.tracker.base.result import read_output

SQUARE = np.array([[1.0, 1.0], [5.0, 1.0], [5.0, 5.0], [1.0, 5.0]])
IMAGE = np.zeros((8, 8, 3), np.uint8)


class Recorder:
    def init(self, image, state, name):
        self.state, self.name = state, name

    def update(self, image):
        return self.state


def test_init_and_update_become_initialize_and_track():
    recorder = Recorder()
    tracker = as_base_tracker(recorder)
    tracker.initialize(IMAGE, {"init_bbox": SQUARE.ravel().tolist(), "name": "ants1"})
    np.testing.assert_array_equal(recorder.state, SQUARE.ravel())
    assert recorder.name == "ants1"
    np.testing.assert_array_equal(read_output(tracker.track(IMAGE)).polygon, SQUARE)


def test_it_follows_several_objects_too():
    session = Session(InitUpdateTracker(Recorder()))
    session.step(IMAGE, {1: {"init_bbox": [1, 1, 4, 4]}, 2: {"init_bbox": [2, 2, 3, 3]}})
    results = session.step(IMAGE)
    assert [result.box.tolist() for result in results.values()] == [[1, 1, 4, 4], [2, 2, 3, 3]]


def test_a_tracker_of_this_project_is_taken_as_it_is():
    tracker = BaseTracker()
    assert as_base_tracker(tracker) is tracker


def test_what_cannot_be_used_is_refused_with_what_it_lacks():
    with pytest.raises(SettingsError, match=r"dict is no tracker: it needs initialize"):
        as_base_tracker({})


def test_a_mask_starts_it_from_the_masks_tight_box():
    recorder, mask = Recorder(), np.zeros((8, 8), bool)
    mask[2:5, 3:7] = True
    as_base_tracker(recorder).initialize(IMAGE, {"init_mask": mask})
    np.testing.assert_array_equal(recorder.state, [3, 2, 4, 3])


@pytest.mark.parametrize("out", [{"target_bbox": [1, 1, 4, 4]}, {"target_bbox": [1, 1, 4, 4], "polygon": None}])
def test_without_a_polygon_the_box_is_reported(out):
    np.testing.assert_array_equal(read_output(out).polygon, SQUARE)


def test_a_polygon_as_the_box_gives_its_bounding_box():
    result = read_output({"target_bbox": SQUARE.ravel()})
    assert result.box.tolist() == [1, 1, 4, 4]


@pytest.mark.parametrize("region", [None, [1, 2, np.nan, 4], [np.inf] * 8, [1, 2, 3], []])
def test_no_region_is_a_lost_target_and_never_raises(region):
    result = read_output({"polygon": region})
    assert np.isnan(result.box).all()
    assert np.isnan(result.polygon).all()
