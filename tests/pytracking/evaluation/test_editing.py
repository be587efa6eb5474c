import numpy as np
import pytest

from libs.utils.boxes import box_to_polygon
from libs.utils.masks import box_to_mask
from pytracking.evaluation.editing import HELP, Action, Deed, Editor, Sketch, Tool
from pytracking.tracker.base.result import Result

SHAPE = (90, 120, 3)


def result(*box):
    return Result(np.array(box, float), box_to_polygon(box), box_to_mask(box, SHAPE))


@pytest.fixture
def editor():
    editor = Editor()
    editor.show(SHAPE, {1: result(10, 10, 40, 40), 2: result(20, 20, 10, 10)})
    return editor


def draw(editor, *points):
    editor.press(*points[0])
    for point in points[1:]:
        editor.drag(*point)


def test_keys_pause_and_step(editor):
    assert not editor.holds
    editor.key(" ")
    assert editor.holds
    editor.key("right")
    assert not editor.holds
    editor.show(SHAPE, {})
    assert editor.holds
    editor.key(" ")
    assert not editor.holds


def test_arrows_and_b_go_back_and_on():
    editor = Editor(3)
    for index in (3, 4, 5):
        editor.follow(index)
    editor.key("left")
    assert (editor.place, editor.looks_back, editor.holds) == (4, True, True)
    for key in "left", "left":
        editor.key(key)
    # No frame is before the first.
    assert editor.place == 3
    editor.key("right")
    assert (editor.place, editor.holds) == (4, True)
    for key in "right", "right":
        editor.key(key)
    # At the last, another one is followed.
    assert (editor.place, editor.looks_back, editor.holds) == (5, False, False)
    editor.follow(6)
    editor.show(SHAPE, {})
    for key in ("b", "7", "\x08", "4", "a", "\r"):
        editor.key(key)
    assert (editor.place, editor.holds, editor.take()) == (4, True, None)
    for key in ("b", "9", "9", "\r"):
        editor.key(key)
    assert editor.place == 6
    for key in ("b", "\r"):
        editor.key(key)
    assert editor.place == 3
    for key in ("b", "5", "\x1b"):
        editor.key(key)
    assert editor.place == 3
    editor.key(" ")
    assert (editor.place, editor.holds) == (6, False)


def test_the_help_names_every_key():
    for key in ("space", "right, left", "a", "b", "c", "d", "t", "s", "r, q", "enter", "esc", "?"):
        assert f"\n{key}  " in f"\n{HELP}"


def test_a_dragged_box_is_added(editor):
    editor.key("a")
    assert editor.holds
    draw(editor, (60, 50), (70, 60), (80, 75))
    assert editor.take() is None
    editor.key("\r")
    action = editor.take()
    assert (action.deed, action.number) == (Deed.ADD, None)
    assert action.prompt["init_bbox"].tolist() == [60, 50, 20, 25]
    assert editor.take() is None
    assert not editor.holds


def test_a_click_chooses_the_smallest_object_and_a_polygon_corrects_it(editor):
    editor.key("c")
    editor.press(25, 25)
    editor.key("t")
    for corner in ((60, 10), (80, 10), (80, 30), (60, 30)):
        editor.press(*corner)
    editor.key("\n")
    action = editor.take()
    assert (action.deed, action.number) == (Deed.CORRECT, 2)
    np.testing.assert_array_equal(action.prompt["init_mask"], box_to_mask((60, 10, 20, 20), SHAPE))


def test_the_only_object_need_not_be_chosen(editor):
    editor.show(SHAPE, {7: result(10, 10, 40, 40)})
    editor.key("c")
    draw(editor, (5, 5), (30, 30))
    editor.key("\r")
    assert editor.take().number == 7


def test_a_brush_paints_where_it_goes():
    sketch = Sketch(Tool.BRUSH, SHAPE)
    sketch.press(20, 20)
    sketch.drag(40, 20)
    sketch.press(90, 60)
    mask = sketch.prompt()["init_mask"]
    assert mask[20, 20:41].all()
    assert mask[60, 90]
    assert not mask[40].any()
    assert (sketch.draw(np.zeros(SHAPE, np.uint8)) > 0).any(axis=2)[20, 30]


def test_a_click_removes(editor):
    editor.key("d")
    editor.press(100, 80)
    assert editor.message == "no object is there"
    editor.press(12, 12)
    assert editor.take() == Action(Deed.REMOVE, 1)
    assert not editor.holds


def test_escape_gives_up_and_save_saves(editor):
    editor.key("a")
    draw(editor, (5, 5), (30, 30))
    editor.key("\x1b")
    editor.key("\r")
    assert editor.take() is None
    assert not editor.holds
    editor.key("s")
    assert editor.take() == Action(Deed.SAVE)


@pytest.mark.parametrize("points", [[(50, 40)], [(50, 40), (50, 60)], [(200, 40), (260, 60)]])
def test_a_click_a_line_and_what_is_outside_are_asked_for_again(editor, points):
    editor.key("a")
    draw(editor, *points)
    editor.key("\r")
    assert editor.take() is None
    assert "that is no box in the image: draw it again" in editor.message
    draw(editor, (60, 50), (80, 75))
    editor.key("\r")
    assert editor.take().prompt["init_bbox"].tolist() == [60, 50, 20, 25]


def test_what_can_be_done_is_on_the_picture(editor):
    picture = np.full(SHAPE, 90, np.uint8)
    np.testing.assert_array_equal(editor.draw(picture), picture)
    editor.key("?")
    assert (editor.draw(picture) != picture).sum() > 300
    editor.key("?")
    editor.key("a")
    draw(editor, (60, 10), (80, 30))
    assert (editor.draw(picture) != picture).any(axis=2)[10, 62:78].all()
