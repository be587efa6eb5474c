"""Random colours: brightness, contrast, saturation and hue of a picture in one affine map, applied in one pass."""

import dataclasses
import math

import cv2
import numpy as np
import torch

LUMA = np.array([0.299, 0.587, 0.114])
"""Shares of R, G and B in the grey of a colour (ITU-R BT.601)."""
TO_YIQ = np.array([LUMA, [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
"""From R, G, B to luma and the two axes of the chroma plane (NTSC)."""
FROM_YIQ = np.linalg.inv(TO_YIQ)
BLUR_SIZE = 5
BLUR_SIGMA = (0.3, 2.0)


@dataclasses.dataclass(frozen=True)
class ColourRanges:
    """How far colours may change; 0 is not at all.

    Attributes:
        brightness, contrast, saturation: each a factor from 1 - this to 1 + this.
        hue: turns of the colour circle, from -this to this.
        grey: probability that the picture loses its colours.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    grey: float = 0.0


CLIP = ColourRanges(0.3, 0.3, 0.3, 0.05, grey=0.05)
FRAME = ColourRanges(0.1, 0.1, 0.1)
BLURRED = 0.15
"""Share of the frames that are blurred."""


def jitter_colours(images: np.ndarray) -> np.ndarray:
    """Change the colours of a clip, the same for all frames plus a little for each, and blur some of the frames.

    Drawn from torch's global generator.

    Args:
        images: (T, S, S, 3) RGB uint8.

    Returns:
        the same shape, uint8.
    """
    means = np.array([cv2.mean(image)[:3] for image in images])
    of_clip = random_colours(CLIP, means.mean(axis=0))
    return np.stack([_jittered(image, mean, of_clip) for image, mean in zip(images, means, strict=True)])


def random_colours(ranges: ColourRanges, mean: np.ndarray) -> np.ndarray:
    """(4, 4) affine map of colours (R, G, B, 1), in 0..255.

    Args:
        ranges: the ranges to draw it from.
        mean: (3,) mean colour of the picture; less contrast moves colours towards its grey.
    """
    bright, contrast, saturation = (
        1 + _uniform(-reach, reach) for reach in (ranges.brightness, ranges.contrast, ranges.saturation)
    )
    turn = 2 * math.pi * _uniform(-ranges.hue, ranges.hue)
    if torch.rand(()).item() < ranges.grey:
        saturation = 0.0
    colours = np.eye(4)
    colours[:3, :3] = contrast * bright * _hue(turn) @ _saturation(saturation)
    # Grey stays grey under the two matrices.
    colours[:3, 3] = (1 - contrast) * bright * (LUMA @ mean)
    return colours


def _jittered(image: np.ndarray, mean: np.ndarray, of_clip: np.ndarray) -> np.ndarray:
    of_frame = random_colours(FRAME, of_clip[:3] @ [*mean, 1.0])
    image = cv2.transform(image, (of_frame @ of_clip)[:3])
    if torch.rand(()).item() < BLURRED:
        image = cv2.GaussianBlur(image, (BLUR_SIZE, BLUR_SIZE), _uniform(*BLUR_SIGMA))
    return image


def _saturation(factor: float) -> np.ndarray:
    return factor * np.eye(3) + (1 - factor) * np.tile(LUMA, (3, 1))


def _hue(turn: float) -> np.ndarray:
    """Rotation of the chroma plane by radians."""
    rotation = np.eye(3)
    rotation[1:, 1:] = [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
    return FROM_YIQ @ rotation @ TO_YIQ


def _uniform(low: float, high: float) -> float:
    return torch.empty(()).uniform_(low, high).item() if high > low else low
