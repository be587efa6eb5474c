"""The only place that opens windows: select objects, watch results, read keys."""

import os
import sys

import cv2

from libs.utils.errors import SettingsError

HELP = "Drag a box and press ENTER; again for each further object; C when done"
DONE = (0, 0, 0, 0)


def can_show():
    """Whether windows can be opened here."""
    if sys.platform.startswith("linux"):
        # Asked first, because OpenCV's Qt aborts the whole process where there is no display.
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True


class Viewer:
    """A window; as a context manager it is closed at the end of the block.

    Args:
        title: of the window.

    Raises:
        SettingsError: there is no display.
    """

    def __init__(self, title):
        if not can_show():
            raise SettingsError(
                "there is no display to select objects or to show results on; give the object with --optional_box "
                "X Y W H or --mask FILE"
            )
        self.title = title
        cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        cv2.destroyWindow(self.title)

    def select_boxes(self, image):
        """Let the user drag boxes until one is left empty (C, or ENTER without a box).

        Args:
            image: RGB uint8 (H, W, 3).

        Returns:
            list of (x, y, w, h), perhaps none.
        """
        print(HELP)
        shown = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        boxes = []
        while (box := tuple(cv2.selectROI(self.title, shown, showCrosshair=False))) != DONE:
            boxes.append(box)
            x, y, width, height = box
            cv2.rectangle(shown, (x, y), (x + width, y + height), (0, 170, 255), 2)
        return boxes

    def show(self, image, wait=False):
        """Show an RGB image; wait for a key, or just look whether one is pressed.

        Returns:
            The key as a letter, '' for none; 'q' when the window was closed.
        """
        cv2.imshow(self.title, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        code = cv2.waitKey(0 if wait else 1)
        if cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) < 1:
            return "q"
        return "" if code < 0 else chr(code & 0xFF)
