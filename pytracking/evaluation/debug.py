"""What `--debug` shows: one picture a frame, in a window or, where there is no display, in files."""

import contextlib
import pathlib

import numpy as np

from libs.media.files import free_path
from libs.media.images import write_image
from libs.media.palette import bright_colour
from libs.utils.drawing import draw_text
from pytracking.evaluation.output import Output, draw_results
from pytracking.evaluation.viewer import Viewer, can_show
from pytracking.prompts import ObjectStarts
from pytracking.tracker.base.result import Results

LEVELS = (0, 1, 2)
HEADING = 24


def ask_for_pictures(starts: ObjectStarts, debug: int) -> ObjectStarts:
    """The starts (number -> info) of trackers, with a request for debug pictures if `debug` is above 0."""
    return {number: {**info, "debug": True} for number, info in starts.items()} if debug else starts


def debug_picture(image: np.ndarray, results: Results, caption: str = "") -> np.ndarray:
    """One picture of a frame, RGB uint8: its results, and below them the picture of each object's tracker.

    Args:
        image: RGB uint8 (H, W, 3).
        results: number -> Result; a tracker without a picture adds none.
        caption: drawn in the frame's corner.
    """
    views = _views(results)
    # A single object's own picture already shows the frame.
    parts = [] if len(results) == len(views) == 1 else [draw_results(image, results, caption)]
    return _stack(parts, views)


def tracker_pictures(results: Results) -> np.ndarray | None:
    """Only the pictures of the objects' trackers, RGB uint8, one below the other; None if there is none."""
    views = _views(results)
    return _stack([], views) if views else None


def _views(results: Results) -> dict[int, np.ndarray]:
    return {number: result.debug for number, result in results.items() if result.debug is not None}


def _stack(parts: list[np.ndarray], views: dict[int, np.ndarray]) -> np.ndarray:
    for number, view in views.items():
        parts = parts + ([_heading(number, view.shape[1]), view] if parts or len(views) > 1 else [view])
    width = max(part.shape[1] for part in parts)
    return np.vstack([np.pad(part, ((0, 0), (0, width - part.shape[1]), (0, 0))) for part in parts])


def _heading(number: int, width: int) -> np.ndarray:
    """The strip above an object's picture: its number, in its colour."""
    return draw_text(
        np.full((HEADING, width, 3), bright_colour(number), dtype=np.uint8), f"object {number}", (8, 5), height=12
    )


class DebugPictures(contextlib.nullcontext):
    """A folder of debug pictures: `<folder>/00000.jpg`; an existing folder is kept, and this becomes `<folder>_2`."""

    def __init__(self, folder: str | pathlib.Path) -> None:
        super().__init__(self)
        self.path = free_path(pathlib.Path(folder))

    def add(self, index: int, image: np.ndarray, results: Results) -> None:
        """Write the picture of frame `index` with its results, number -> Result."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_image(self.path / f"{index:05d}.jpg", debug_picture(image, results, str(index)))


class DebugWindow(Viewer):
    """A window of debug pictures; `wait` for a key after each."""

    def __init__(self, title: str, wait: bool) -> None:
        super().__init__(title)
        self._wait = wait

    def add(self, index: int, image: np.ndarray, results: Results) -> None:
        """Show the picture of frame `index` with its results, number -> Result."""
        self.show(debug_picture(image, results, str(index)), self._wait)


def open_debug(debug: int, title: str, folder: str | pathlib.Path) -> contextlib.AbstractContextManager[Output | None]:
    """The place for the debug pictures of a video.

    Args:
        debug: one of LEVELS: 0 for none; 1 for a window, or files if there is no display; 2 also waits for a key.
        title: of the window. folder: of the files.

    Returns:
        A context manager whose value has `add(index, image, results)`, or is None for 0.
    """
    if not debug:
        return contextlib.nullcontext()
    return DebugWindow(title, debug > 1) if can_show() else DebugPictures(folder)
