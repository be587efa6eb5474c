import numpy as np
import pytest

from libs.utils.errors import SettingsError
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session

IMAGE = np.zeros((40, 60, 3), np.uint8)


def test_it_reports_what_it_was_given():
    session = Session(Tracker("static").create_tracker())
    mask = np.zeros((40, 60), bool)
    mask[5:15, 20:30] = True
    starts = {1: {"init_bbox": [1, 2, 30, 20]}, 2: {"init_mask": mask}, 3: {"init_bbox": [0, 0, 9, 3, 7, 9, -2, 6]}}
    session.step(IMAGE, starts)
    results = session.step(IMAGE)
    assert results[1].box.tolist() == [1, 2, 30, 20]
    assert results[1].mask is None
    assert results[2].box.tolist() == [20, 5, 10, 10]
    assert (results[2].mask == mask).all()
    assert results[3].polygon.tolist() == [[0, 0], [9, 3], [7, 9], [-2, 6]]


def test_it_has_no_parameters():
    assert Tracker("static").results_name == "static/default"
    with pytest.raises(SettingsError, match="tracker static has no parameters"):
        Tracker("static").parameters(speed=3)
    with pytest.raises(SettingsError, match="call initialize"):
        Tracker("static").create_tracker().track(IMAGE)
