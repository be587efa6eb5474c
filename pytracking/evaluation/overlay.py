"""The one maker of overlay videos of finished results: regions, masks and texts, each in its colour."""

import dataclasses
import pathlib
from collections.abc import Iterable

import numpy as np

from libs.utils.drawing import draw_mask, draw_polygon, draw_text

LINE = 22
"""Pixels from one line of text to the next."""
WHITE = (255, 255, 255)


@dataclasses.dataclass(frozen=True)
class Overlay:
    """What is drawn over a frame.

    Attributes:
        colour: RGB, 0..255.
        polygon: (4, 2) corners; None, or NaN, where there is none.
        mask: (H, W) bool, or None.
        text: a line in the frame's corner.
    """

    colour: tuple[int, int, int]
    polygon: np.ndarray | None = None
    mask: np.ndarray | None = None
    text: str = ""


def draw_overlays(image: np.ndarray, overlays: Iterable[Overlay]) -> np.ndarray:
    """The RGB uint8 image with overlays drawn in, their texts below each other."""
    line = 0
    for overlay in overlays:
        if overlay.mask is not None:
            image = draw_mask(image, overlay.mask, overlay.colour)
        if overlay.polygon is not None:
            image = draw_polygon(image, overlay.polygon, overlay.colour)
        if overlay.text:
            image = draw_text(image, overlay.text, corner=(8, 8 + LINE * line), colour=overlay.colour)
            line += 1
    return image


def write_overlays(
    path: str | pathlib.Path, frames: Iterable[tuple[np.ndarray, list[Overlay]]], run: str
) -> pathlib.Path:
    """Write a video of images with their overlays.

    Args:
        path: of the video.
        frames: images, RGB uint8 (H, W, 3), with what is drawn over each.
        run: what a video has that this one may replace; see `VideoWriter`.

    Returns:
        The path that it was written to.

    Raises:
        SettingsError: an ending that videos do not have. DataError: the video cannot be written.
    """
    # Late, because what draws over single images writes no video.
    from libs.media.video_writer import VideoWriter

    with VideoWriter(path, run=run) as writer:
        for image, overlays in frames:
            writer.write(draw_overlays(image, overlays))
    return writer.path
