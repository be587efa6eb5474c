import contextlib

import numpy as np

from libs.media.images import read_image
from libs.media.palette import bright_colour
from libs.utils.boxes import box_to_polygon
from pytracking.evaluation import debug as module
from pytracking.evaluation.debug import HEADING, DebugPictures, ask_for_pictures, debug_picture, open_debug
from pytracking.evaluation.output import draw_results
from pytracking.tracker.base.result import Result

IMAGE = np.full((40, 50, 3), 90, np.uint8)


def result(picture=None):
    return Result(np.array([5.0, 5, 10, 10]), box_to_polygon([5, 5, 10, 10]), None, debug=picture)


def test_trackers_are_asked_only_with_debug():
    starts = {1: {"init_bbox": [0, 0, 5, 5]}}
    assert ask_for_pictures(starts, 0) is starts
    assert ask_for_pictures(starts, 1) == {1: {"init_bbox": [0, 0, 5, 5], "debug": True}}


def test_one_object_shows_its_own_picture_and_several_stand_below_the_frame():
    picture, other = np.full((20, 80, 3), 7, np.uint8), np.full((10, 60, 3), 9, np.uint8)
    assert np.array_equal(debug_picture(IMAGE, {1: result(picture)}), picture)
    both = debug_picture(IMAGE, {1: result(picture), 2: result(other)}, "5")
    parts = np.split(both, np.cumsum([40, HEADING, 20, HEADING]))
    assert np.array_equal(parts[0][:, :50], draw_results(IMAGE, {1: result(), 2: result()}, "5"))
    assert (parts[1][0] == bright_colour(1)).all()
    assert (parts[2] == 7).all()
    assert (parts[3][0, :60] == bright_colour(2)).all()
    assert (parts[4][:, :60] == 9).all()
    assert (parts[4][:, 60:] == 0).all()


def test_a_tracker_without_a_picture_shows_its_result():
    assert np.array_equal(debug_picture(IMAGE, {1: result()}), draw_results(IMAGE, {1: result()}))
    assert np.array_equal(debug_picture(IMAGE, {}), IMAGE)


def test_pictures_in_files(tmp_path):
    with DebugPictures(tmp_path / "pictures") as pictures:
        pictures.add(7, IMAGE, {1: result()})
    written = read_image(tmp_path / "pictures" / "00007.jpg").astype(int)
    assert np.abs(written - draw_results(IMAGE, {1: result()}, "7")).mean() < 5  # JPEG


def test_where_pictures_go(tmp_path, monkeypatch):
    shown = []

    class Window(contextlib.nullcontext):
        def __init__(self, title, wait):
            super().__init__(self)
            shown.append((title, wait))

    monkeypatch.setattr(module, "DebugWindow", Window)
    monkeypatch.setattr(module, "can_show", lambda: True)
    with open_debug(0, "clip", tmp_path) as nowhere:
        assert nowhere is None
    with open_debug(1, "clip", tmp_path), open_debug(2, "clip", tmp_path):
        assert shown == [("clip", False), ("clip", True)]
    monkeypatch.setattr(module, "can_show", lambda: False)
    with open_debug(2, "clip", tmp_path / "debug") as pictures:
        assert pictures.path == tmp_path / "debug"
