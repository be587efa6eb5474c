"""The only place that opens windows: select objects, watch results, read keys."""

import contextlib
import functools
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import cv2
import numpy as np

from libs.utils.errors import SettingsError

HELP = "Drag a box and press ENTER; again for each further object; C when done"
AGAIN = "that is no box in the image: press at one corner, drag to the opposite one, and press ENTER"
DONE = (0, 0, 0, 0)
LEAST_SIDE = 2
"""Pixels; a shorter drag is a click during which the hand moved."""
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
PROBE = "import cv2; cv2.namedWindow('probe', cv2.WINDOW_NORMAL); cv2.destroyAllWindows()"
PROBE_SECONDS = 5
SCREEN_SHARE, SCREEN = 0.9, (1600, 900)
"""How much of the screen a window takes at most, and the screen's size where it is not known."""
ARROWS = {"left": (65361, 2424832, 63234), "right": (65363, 2555904, 63235)}
"""What the keys send with X, Windows and macOS."""

Window = TypeVar("Window", bound="Viewer")
Box = tuple[int, int, int, int]
"""x, y, w, h in pixels."""


def can_show() -> bool:
    """Whether windows can be opened here."""
    displays = tuple(os.environ.get(name, "") for name in DISPLAYS)
    return (any(displays) or not sys.platform.startswith("linux")) and _opens_windows(displays)


@functools.cache
def _opens_windows(displays: tuple[str, ...]) -> bool:
    """Whether a window opens, tried once for the displays of the environment.

    In a process of its own, because OpenCV's Qt aborts the process where a display does not answer.
    """
    try:
        probe = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, timeout=PROBE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return probe.returncode == 0


class Viewer:
    """A window; as a context manager it is closed at the end of the block.

    Args:
        title: of the window.

    Raises:
        SettingsError: there is no display.
    """

    def __init__(self, title: str) -> None:
        if not can_show():
            given = [f"{name}={os.environ[name]}" for name in DISPLAYS if os.environ.get(name)]
            dead = f" ({' and '.join(given)} opens no window)" if given else ""
            raise SettingsError(
                f"there is no display to select objects or to show results on{dead}; give the object with "
                "--optional_box X Y W H or --mask FILE"
            )
        self.title = title
        self._is_fitted = False
        cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)

    def __enter__(self: Window) -> Window:
        return self

    def __exit__(self, *error: object) -> None:
        cv2.destroyWindow(self.title)

    def select_boxes(self, image: np.ndarray) -> list[Box]:
        """Let the user drag boxes until one is left empty (C, or ENTER without a box).

        A click, a line, or a drag that leaves the image is no box, and is asked for again.

        Args:
            image: RGB uint8 (H, W, 3).

        Returns:
            the boxes, perhaps none.
        """
        print(HELP)
        self._fit(image.shape)
        shown = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        boxes = []
        while (box := self._select(shown)) != DONE:
            x, y, width, height = box
            if min(width, height) < LEAST_SIDE or not _inside(box, image.shape):
                print(AGAIN)
                continue
            boxes.append(box)
            cv2.rectangle(shown, (x, y), (x + width, y + height), (0, 170, 255), 2)
        return boxes

    def _select(self, shown: np.ndarray) -> Box:
        x, y, width, height = cv2.selectROI(self.title, shown, showCrosshair=False)
        return x, y, width, height

    def show(self, image: np.ndarray, wait: bool = False, milliseconds: int = 1) -> str:
        """Show an RGB image; wait for a key, or look for so many milliseconds whether one is pressed.

        Returns:
            The key as a letter, or 'left' or 'right'; '' for none; 'q' when the window was closed.
        """
        self._fit(image.shape)
        cv2.imshow(self.title, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        code = cv2.waitKeyEx(0 if wait else milliseconds)
        if cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) < 1:
            return "q"
        for name, codes in ARROWS.items():
            if code in codes:
                return name
        return "" if code < 0 else chr(code & 0xFF)

    def listen(self, press: Callable[[float, float], Any], drag: Callable[[float, float], Any]) -> None:
        """Call functions of x, y in pixels of the image when the left button goes down, or the mouse moves with it."""

        def hear(event: int, x: int, y: int, flags: int, _: Any) -> None:
            if event == cv2.EVENT_LBUTTONDOWN:
                press(x, y)
            elif event == cv2.EVENT_MOUSEMOVE and flags & cv2.EVENT_FLAG_LBUTTON:
                drag(x, y)

        cv2.setMouseCallback(self.title, hear)

    def _fit(self, image_shape: tuple[int, ...]) -> None:
        """Give the window the size of its first image, or what fits the screen."""
        if not self._is_fitted:
            self._is_fitted = True
            height, width = image_shape[:2]
            shares = (SCREEN_SHARE * most / side for most, side in zip(_screen(), (width, height), strict=True))
            scale = min(1.0, *shares)
            # A window that keeps its size shows the image all the same.
            with contextlib.suppress(cv2.error):
                cv2.resizeWindow(self.title, round(width * scale), round(height * scale))


def _screen() -> tuple[int, int]:
    """Width and height of the screen in pixels."""
    try:
        # Late: not every Python has it.
        import tkinter

        root = tkinter.Tk()
        try:
            root.withdraw()
            return root.winfo_screenwidth(), root.winfo_screenheight()
        finally:
            root.destroy()
    # Whatever there is instead of a screen.
    except Exception:
        return SCREEN


def _inside(box: Box, image_shape: tuple[int, ...]) -> bool:
    x, y, width, height = box
    return 0 <= x <= image_shape[1] - width and 0 <= y <= image_shape[0] - height
