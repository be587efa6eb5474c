"""What results look like as pictures: label masks, overlays, and videos of them."""

from typing import Protocol

import numpy as np

from libs.media.palette import davis_palette
from libs.media.video_writer import VideoWriter
from libs.utils.drawing import draw_mask, draw_polygon, draw_text
from pytracking.evaluation.objects import ObjectResults


class Output(Protocol):
    """Where results go, frame by frame."""

    def add(self, index: int, image: np.ndarray, results: ObjectResults) -> None:
        """Take frame `index`, RGB uint8 (H, W, 3), with the results of each object by its number."""


def label_mask(results: ObjectResults, image_shape: tuple[int, ...]) -> np.ndarray:
    """Label mask, uint8 (H, W), of the results of a frame (number -> ObjectResult): 0 background, k object k.

    Args:
        results: as of `ObjectTrackers`, whose masks share no pixel.
        image_shape: (H, W, ...).
    """
    labels = np.zeros(image_shape[:2], dtype=np.uint8)
    for number, result in results.items():
        if result.mask is not None:
            labels[result.mask] = number
    return labels


def draw_results(image: np.ndarray, results: ObjectResults, caption: str = "") -> np.ndarray:
    """The image with each object's mask and polygon in its colour of the DAVIS palette, and a caption."""
    palette = davis_palette()
    for number, result in results.items():
        red, green, blue = palette[number].tolist()
        colour = red, green, blue
        if result.mask is not None:
            image = draw_mask(image, result.mask, colour)
        image = draw_polygon(image, result.polygon, colour)
    return draw_text(image, caption)


class OverlayVideo(VideoWriter):
    """A video of the frames with the results drawn in; see `libs.media.video_writer.VideoWriter`."""

    def add(self, index: int, image: np.ndarray, results: ObjectResults) -> None:
        """Append frame `index` with its results, number -> ObjectResult."""
        self.write(draw_results(image, results, str(index)))
