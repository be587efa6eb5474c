import cv2
import numpy as np
import pytest

from libs.media.images import write_image
from libs.utils.errors import SettingsError
from pytracking.evaluation import viewer
from pytracking.evaluation.viewer import Viewer, can_show
from pytracking.run_video import main as run_video

IMAGE = np.full((40, 50, 3), (200, 100, 0), np.uint8)


class Windows:
    """Stands in for OpenCV's windows: returns prepared boxes and keys, and records what was shown."""

    def __init__(self, boxes=(), keys=(), visible=1.0):
        self.boxes, self.keys, self.visible = list(boxes), list(keys), visible
        self.shown, self.waits, self.open, self.sizes = [], [], set(), []

    def install(self, monkeypatch):
        monkeypatch.setattr(viewer, "can_show", lambda: True)
        monkeypatch.setattr(cv2, "namedWindow", lambda title, flags: self.open.add(title))
        monkeypatch.setattr(cv2, "destroyWindow", self.open.remove)
        monkeypatch.setattr(cv2, "selectROI", lambda title, image, showCrosshair: self.boxes.pop(0))
        monkeypatch.setattr(cv2, "imshow", lambda title, image: self.shown.append(image.copy()))
        monkeypatch.setattr(cv2, "waitKeyEx", lambda milliseconds: self.waits.append(milliseconds) or self.keys.pop(0))
        monkeypatch.setattr(cv2, "resizeWindow", lambda title, width, height: self.sizes.append((width, height)))
        monkeypatch.setattr(viewer, "_screen", lambda: (1000, 500))
        monkeypatch.setattr(cv2, "getWindowProperty", lambda title, name: self.visible)
        return self


def test_several_objects_until_one_is_empty(monkeypatch):
    windows = Windows(boxes=[(1, 2, 3, 4), (9, 9, 5, 5), (0, 0, 0, 0), (7, 7, 7, 7)]).install(monkeypatch)
    with Viewer("clip") as window:
        assert window.select_boxes(IMAGE) == [(1, 2, 3, 4), (9, 9, 5, 5)]
        assert windows.open == {"clip"}
    assert not windows.open


def test_keys_and_colours(monkeypatch):
    windows = Windows(keys=[-1, ord("r"), ord("q")]).install(monkeypatch)
    window = Viewer("clip")
    assert [window.show(IMAGE), window.show(IMAGE, wait=True), window.show(IMAGE)] == ["", "r", "q"]
    assert windows.shown[0][0, 0].tolist() == [0, 100, 200]  # OpenCV shows BGR
    assert windows.waits == [1, 0, 1]


def test_the_key_that_steps_is_named(monkeypatch):
    Windows(keys=[65363]).install(monkeypatch)
    assert Viewer("clip").show(IMAGE) == "right"


def test_closing_the_window_quits(monkeypatch):
    Windows(keys=[-1], visible=0.0).install(monkeypatch)
    assert Viewer("clip").show(IMAGE) == "q"


@pytest.mark.parametrize(
    "useless", [(30, 20, 0, 0), (30, 20, 0, 12), (30, 20, 12, 1), (45, 20, 6, 6), (-3, 4, 9, 9), (60, 20, 6, 6)]
)
def test_a_click_a_line_and_a_drag_beyond_the_image_are_asked_again(monkeypatch, capsys, useless):
    Windows(boxes=[useless, (1, 2, 3, 4), (0, 0, 0, 0)]).install(monkeypatch)
    assert Viewer("clip").select_boxes(IMAGE) == [(1, 2, 3, 4)]
    assert "drag to the opposite one" in capsys.readouterr().out


def test_a_dead_display_is_found_out_in_another_process(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":97")
    with pytest.raises(SettingsError, match=r"DISPLAY=:97 opens no window\); give the object with --optional_box"):
        Viewer("clip")


@pytest.mark.parametrize(("probe", "shows"), [("pass", True), ("import os; os.abort()", False)])
def test_what_the_probe_says(monkeypatch, probe, shows):
    monkeypatch.setattr(viewer, "PROBE", probe)
    monkeypatch.setenv("DISPLAY", f":{probe}")
    assert can_show() == shows


def test_a_display_that_does_not_answer_is_none(monkeypatch):
    monkeypatch.setattr(viewer, "PROBE", "input()")
    monkeypatch.setattr(viewer, "PROBE_SECONDS", 0.01)
    monkeypatch.setenv("DISPLAY", "silent:0")
    assert not can_show()


def test_without_a_display_the_error_says_what_to_give(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError, match=r"no display .* --optional_box X Y W H or --mask FILE"):
        Viewer("clip")


@pytest.mark.parametrize(
    ("size", "window"), [((40, 50), (50, 40)), ((900, 1200), (600, 450)), ((100, 3600), (900, 25))]
)
def test_the_window_has_the_size_of_the_video_or_what_fits_the_screen(monkeypatch, size, window):
    windows = Windows(keys=[-1, -1]).install(monkeypatch)
    shown = Viewer("clip")
    for _ in range(2):
        shown.show(np.zeros((*size, 3), np.uint8))
    assert windows.sizes == [window]


def test_a_window_that_keeps_its_size_shows_the_image_all_the_same(monkeypatch):
    Windows(keys=[ord("x")]).install(monkeypatch)

    def refuse(*arguments):
        raise cv2.error("this window cannot be sized")

    monkeypatch.setattr(cv2, "resizeWindow", refuse)
    assert Viewer("clip").show(np.zeros((40, 50, 3), np.uint8)) == "x"


def test_the_mouse_is_heard_while_its_button_is_down(monkeypatch):
    Windows().install(monkeypatch)
    heard, callbacks = [], []
    monkeypatch.setattr(cv2, "setMouseCallback", lambda title, function: callbacks.append(function))
    Viewer("clip").listen(lambda *at: heard.append(("press", *at)), lambda *at: heard.append(("drag", *at)))
    callbacks[0](cv2.EVENT_LBUTTONDOWN, 3, 4, 0, None)
    callbacks[0](cv2.EVENT_MOUSEMOVE, 5, 6, cv2.EVENT_FLAG_LBUTTON, None)
    callbacks[0](cv2.EVENT_MOUSEMOVE, 7, 8, 0, None)
    assert heard == [("press", 3, 4), ("drag", 5, 6)]


def test_show_opens_a_window_for_a_given_box_too_and_every_key_does_what_the_help_says(tmp_path, monkeypatch, capsys):
    """The whole way from the command line to OpenCV: key codes and mouse events as they come, boxes as written."""
    windows, heard = Windows().install(monkeypatch), []
    monkeypatch.setattr(cv2, "setMouseCallback", lambda title, function: heard.append(function))
    monkeypatch.chdir(tmp_path)

    def drag(*ends):
        for event, flags, end in zip((cv2.EVENT_LBUTTONDOWN, cv2.EVENT_MOUSEMOVE), (0, 1), ends, strict=True):
            heard[-1](event, *end, flags, None)

    def press(code):
        windows.waits.append(code)
        deed = deeds.pop(0) if deeds else -1
        if isinstance(deed, tuple):
            drag(*deed)
            return -1
        return ord(deed) if isinstance(deed, str) else deed

    monkeypatch.setattr(cv2, "waitKeyEx", press)
    box, other = ((30, 20), (45, 35)), ((2, 2), (12, 12))
    # At frame 1: pause, help, save (which the template matcher cannot), an object more. At frame 2: back and on by
    # arrows, back to 0 by its number, a correction there at the second try. At frame 3: the second object is removed.
    first = [" ", "?", "?", "s", "a", other, "\r", 65363]
    second = [65361, 65361, 65363, "b", "0", "\r", "c", (box[0], box[0]), "\r", "c", box, "\r", " "]
    deeds = [-1, *first, *second, -1, -1, "d", ((5, 5), (5, 5))]
    frames = tmp_path / "clip"
    frames.mkdir()
    for index in range(5):
        write_image(frames / f"{index}.png", np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8))
    arguments = ["ncc", "default", str(frames), "--optional_box", "10", "10", "15", "15", "--show", "--save_results"]
    assert run_video([*arguments, "--results", str(tmp_path / "r")]) == 0
    assert not deeds
    assert not windows.open
    (folder,) = (tmp_path / "r").rglob("video_clip")
    assert np.loadtxt(folder / "boxes_1.txt").tolist() == [[30, 20, 15, 15]] * 5
    shown = [line.split()[0] != "nan" for line in (folder / "boxes_2.txt").read_text().splitlines()]
    assert shown == [False, True, True, False, False]
    assert "5 frames" in capsys.readouterr().out
