"""Overlays for videos and reports: functions from RGB uint8 images (H, W, 3) to new ones. Colours are (r, g, b)."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import ArrayLike

from libs.utils.masks import check_mask_size

Colour: TypeAlias = tuple[int, int, int]
RESULT_COLOUR = (255, 170, 0)
TRUTH_COLOUR = (0, 200, 80)
TEXT_COLOUR = (255, 255, 255)

_SUBPIXEL_BITS = 4
_FARTHEST = 1e6


def draw_mask(image: np.ndarray, mask: ArrayLike, colour: Colour = RESULT_COLOUR, opacity: float = 0.45) -> np.ndarray:
    """The image with a mask (H, W) tinted and its outline drawn.

    Raises:
        DataError: when the mask is not as large as the image.
    """
    mask = check_mask_size(mask, image.shape).astype(np.uint8)
    out = image.copy()
    on_target = mask > 0
    out[on_target] = np.rint((1 - opacity) * image[on_target] + opacity * np.asarray(colour)).astype(np.uint8)
    contours = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[-2]
    return cv2.drawContours(out, contours, -1, colour, 1)


def draw_polygon(
    image: np.ndarray, polygon: ArrayLike, colour: Colour = RESULT_COLOUR, thickness: int = 2
) -> np.ndarray:
    """The image with the closed outline of a polygon (N, 2), edge coordinates; unchanged if one is not finite."""
    out = image.copy()
    # OpenCV takes pixel indices (centres), in fixed point, as 32-bit integers.
    points = np.clip(np.asarray(polygon, dtype=np.float64) - 0.5, -_FARTHEST, _FARTHEST)
    if np.isfinite(points).all():
        fixed = np.rint(points * 2**_SUBPIXEL_BITS).astype(np.int32)
        cv2.polylines(out, [fixed], True, colour, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
    return out


def draw_text(
    image: np.ndarray, text: str, corner: tuple[float, float] = (8, 8), colour: Colour = TEXT_COLOUR, height: int = 14
) -> np.ndarray:
    """The image with lines of text, outlined in black, top left at `corner` (x, y); `height` in pixels."""
    font = cv2.FONT_HERSHEY_SIMPLEX
    scale = cv2.getFontScaleFromHeight(font, height)
    ink = np.zeros(image.shape[:2], dtype=np.uint8)
    for number, line in enumerate(text.splitlines()):
        origin = (round(corner[0]), round(corner[1] + height * (1 + 1.6 * number)))
        cv2.putText(ink, line, origin, font, scale, 255, 1, cv2.LINE_AA)
    # Not by drawing the text twice: in OpenCV 5 thicker letters are also wider.
    outline = cv2.dilate(ink, np.ones((3, 3), dtype=np.uint8))
    out = image.copy()
    drawn = outline > 0
    ink, outline = ink[drawn, None] / 255, outline[drawn, None] / 255
    out[drawn] = np.rint((1 - outline) * out[drawn] * (1 - ink) + ink * np.asarray(colour)).astype(np.uint8)
    return out
