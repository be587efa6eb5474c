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
DASH, MOST_DASHES = 8, 999
"""Approximate length of a dash in pixels, and most dashes of a side."""


def draw_mask(image: np.ndarray, mask: ArrayLike, colour: Colour = RESULT_COLOUR, opacity: float = 0.45) -> np.ndarray:
    """The image with a mask (H, W) tinted and its outline drawn.

    Raises:
        DataError: the mask and the image differ in size.
    """
    mask = check_mask_size(mask, image.shape).astype(np.uint8)
    out = image.copy()
    on_target = mask > 0
    out[on_target] = np.rint((1 - opacity) * image[on_target] + opacity * np.asarray(colour)).astype(np.uint8)
    contours = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[-2]
    return cv2.drawContours(out, contours, -1, colour, 1)


def draw_polygon(
    image: np.ndarray, polygon: ArrayLike, colour: Colour = RESULT_COLOUR, thickness: int = 2, dashed: bool = False
) -> np.ndarray:
    """The image with the closed outline of a polygon (N, 2), edge coordinates; unchanged if a corner is not finite."""
    out = image.copy()
    # OpenCV takes pixel indices (centres) in fixed point, as 32-bit integers.
    points = np.clip(np.asarray(polygon, dtype=np.float64) - 0.5, -_FARTHEST, _FARTHEST)
    if np.isfinite(points).all():
        lines = _dashes(points) if dashed else [points]
        fixed = [np.rint(line * 2**_SUBPIXEL_BITS).astype(np.int32) for line in lines]
        cv2.polylines(out, fixed, not dashed, colour, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
    return out


def _dashes(points: np.ndarray) -> list[np.ndarray]:
    """The dashes, (2, 2) each, of the closed outline of a polygon (N, 2): every side begins and ends with one."""
    dashes = []
    for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        count = int(np.clip(np.hypot(*(end - start)) / DASH, 1, MOST_DASHES)) // 2 * 2 + 1
        at = start + np.linspace(0, 1, count + 1)[:, None] * (end - start)
        dashes += [at[place : place + 2] for place in range(0, count, 2)]
    return dashes


def line_width(image_shape: tuple[int, ...]) -> int:
    """Thickness of outlines in an image (H, W, ...), in pixels: 2 up to 480 rows, more in larger ones."""
    return max(2, round(min(image_shape[:2]) / 240))


def text_height(image_shape: tuple[int, ...]) -> int:
    """Height of letters in an image (H, W, ...), in pixels: 14 at 480 rows, never below 11."""
    return max(11, round(min(image_shape[:2]) * 14 / 480))


def draw_text(
    image: np.ndarray,
    text: str,
    corner: tuple[float, float] = (8, 8),
    colour: Colour = TEXT_COLOUR,
    height: int | None = None,
) -> np.ndarray:
    """The image with lines of text, outlined in black, with the top left at `corner` (x, y) and `height` in pixels.

    With `height` None, it suits the image; see `text_height`.
    """
    height = text_height(image.shape) if height is None else height
    font = cv2.FONT_HERSHEY_SIMPLEX
    scale = cv2.getFontScaleFromHeight(font, height)
    ink = np.zeros(image.shape[:2], dtype=np.uint8)
    for number, line in enumerate(text.splitlines()):
        origin = (round(corner[0]), round(corner[1] + height * (1 + 1.6 * number)))
        cv2.putText(ink, line, origin, font, scale, 255, 1, cv2.LINE_AA)
    # Drawing the text twice does not work: in OpenCV 5 thicker letters are also wider.
    outline = cv2.dilate(ink, np.ones((3, 3), dtype=np.uint8))
    out = image.copy()
    drawn = outline > 0
    ink, outline = ink[drawn, None] / 255, outline[drawn, None] / 255
    out[drawn] = np.rint((1 - outline) * out[drawn] * (1 - ink) + ink * np.asarray(colour)).astype(np.uint8)
    return out
