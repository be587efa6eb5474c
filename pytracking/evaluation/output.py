"""What results look like as pictures: label masks, overlays, and videos of them."""

import os
from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import numpy as np

from libs.media.palette import bright_colour
from libs.media.source import FRAMES_PER_SECOND
from libs.media.video_writer import VideoWriter
from libs.utils.drawing import draw_mask, draw_polygon, draw_text, line_width, text_height
from libs.utils.state import State
from pytracking.tracker.base.result import Results


class Output(Protocol):
    """Where results go, frame by frame."""

    def add(self, index: int, image: np.ndarray, results: Results) -> None:
        """Take frame `index`, RGB uint8 (H, W, 3), with the results of each object by its number."""


@runtime_checkable
class Revisable(Output, Protocol):
    """Where results go that a user may think better of."""

    def go_back(self, index: int, before: Iterable[tuple[int, np.ndarray, Results]]) -> None:
        """Be as when frame `index` was added next.

        Args:
            index: of the frame.
            before: index, image and results of the frames before it.
        """


def label_mask(results: Results, image_shape: tuple[int, ...]) -> np.ndarray:
    """Label mask, uint8 (H, W), of the results of a frame (number -> Result): 0 background, k object k.

    Args:
        results: as of `Session`, whose masks share no pixel.
        image_shape: (H, W, ...).
    """
    labels = np.zeros(image_shape[:2], dtype=np.uint8)
    for number, result in results.items():
        if result.mask is not None:
            labels[result.mask] = number
    return labels


def draw_results(image: np.ndarray, results: Results, caption: str = "", scores: bool = False) -> np.ndarray:
    """The image with each object's mask and polygon in its colour, dashed where the tracker is in doubt, and a caption.

    Several objects have their numbers beside them; with `scores`, each has its score.
    """
    for number, result in results.items():
        colour = bright_colour(number)
        if result.mask is not None:
            image = draw_mask(image, result.mask, colour)
        doubtful = result.state is not State.TRACKED
        image = draw_polygon(image, result.polygon, colour, line_width(image.shape), doubtful)
        words = [str(number)] if len(results) > 1 else []
        words += [f"{result.score:.2f}"] if scores and result.score is not None else []
        if words and np.isfinite(result.box).all():
            image = draw_text(image, " ".join(words), _label_corner(result.box, image.shape), colour)
    return draw_text(image, caption)


def _label_corner(box: np.ndarray, image_shape: tuple[int, ...]) -> tuple[float, float]:
    """Where a label stands: above the box, or inside of it at the top of the image."""
    height = 1.6 * text_height(image_shape)
    x, y = np.clip(box[:2] - (0, height), (2, 2), (image_shape[1] - 3 * height, image_shape[0] - height))
    return float(x), float(y)


class OverlayVideo(VideoWriter):
    """A video of the frames with the results drawn in; see `libs.media.video_writer.VideoWriter`.

    Args:
        path, frames_per_second, run: as for `VideoWriter`.
        scores: whether the scores are drawn in.
    """

    def __init__(
        self, path: str | os.PathLike, frames_per_second: float = FRAMES_PER_SECOND, run: str = "", scores: bool = False
    ) -> None:
        super().__init__(path, frames_per_second, run)
        self._scores = scores

    def add(self, index: int, image: np.ndarray, results: Results) -> None:
        """Append frame `index` with its results, number -> Result."""
        self.write(draw_results(image, results, str(index), self._scores))

    def go_back(self, index: int, before: Iterable[tuple[int, np.ndarray, Results]]) -> None:
        """See `Revisable`: what is encoded cannot be changed, so that the frames before are written once more."""
        self.begin_again()
        for frame in before:
            self.add(*frame)
