"""Square crops of an image: where they are, how their pixels are sampled, and the way back."""

import dataclasses
import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from libs.utils.boxes import Box
from libs.utils.errors import DataError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
SMOOTHED_FROM = 2.0


class Part(NamedTuple):
    """A part of a mask; the mask is zero elsewhere.

    Attributes:
        values: (h, w) float32; empty if the mask is zero everywhere.
        left, top: the part's first column and row in the image.
    """

    values: np.ndarray
    left: int
    top: int

    @property
    def place(self) -> tuple[slice, slice]:
        """The part's rows and columns in the image."""
        height, width = self.values.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


@dataclasses.dataclass(frozen=True)
class CropWindow:
    """A square of the image, sampled at `size` x `size` pixels.

    Edge coordinates: pixel (i, j) covers [j, j + 1) x [i, i + 1), its centre is at (j + 0.5, i + 0.5).

    Sampling is bilinear at the centres of the crop's pixels. Positions are clamped to the centres of the window's
    outermost image pixels (as resizing the cut-out square does), and to those of the image (replicated borders). From 2
    image pixels per crop pixel on, the image is first averaged over areas, so that nothing aliases.

    Attributes:
        x, y: left and top edge in image pixels; may be fractional and outside the image.
        side: side in image pixels, > 0.
        size: side in crop pixels, >= 1.

    Raises:
        DataError: a number is not finite, or side or size is not positive.
    """

    x: float
    y: float
    side: float
    size: int

    def __post_init__(self) -> None:
        if not (np.isfinite([self.x, self.y, self.side]).all() and self.side > 0 and self.size >= 1):
            raise DataError(f"{self} is not a crop: x and y must be finite, side and size positive")

    @classmethod
    def segmentation(cls, box: Box, factor: float, size: int) -> "CropWindow":
        """The window of side `ceil(sqrt(w * h) * factor)`, at least 1, around a box (x, y, w, h), on whole pixels."""
        x, y, w, h = (float(number) for number in box)
        side = max(1, math.ceil(math.sqrt(w * h) * factor)) if w * h >= 0 else math.nan
        left, top = np.round([x + w / 2 - side / 2, y + h / 2 - side / 2]).tolist()
        return cls(left, top, float(side), size)

    @classmethod
    def search(cls, centre: Sequence[float] | np.ndarray, side: float, size: int) -> "CropWindow":
        """The window with this side (image pixels), centred exactly at `centre` (x, y)."""
        return cls(float(centre[0]) - side / 2, float(centre[1]) - side / 2, float(side), size)

    @property
    def scale(self) -> float:
        """Image pixels per crop pixel."""
        return self.side / self.size

    @property
    def centre(self) -> np.ndarray:
        """(2,) x, y in image pixels."""
        return np.array([self.x + self.side / 2, self.y + self.side / 2])

    def to_crop(self, points: ArrayLike) -> np.ndarray:
        """Points (..., 2) from image to crop coordinates, both edge coordinates."""
        return (np.asarray(points, dtype=np.float64) - (self.x, self.y)) / self.scale

    def to_image(self, points: ArrayLike) -> np.ndarray:
        """Points (..., 2) from crop to image coordinates, both edge coordinates."""
        return np.asarray(points, dtype=np.float64) * self.scale + (self.x, self.y)

    def extract(self, image: np.ndarray) -> np.ndarray:
        """Crop an image; border pixels are replicated outside it.

        Args:
            image: (H, W, C), any numeric type that OpenCV resizes (uint8, uint16, float32, ...).

        Returns:
            (size, size, C) of the same type; integers are rounded.
        """
        crop = _sample(*_needed_part(image, self)).reshape(self.size, self.size, *image.shape[2:])
        if np.issubdtype(image.dtype, np.integer) and crop.dtype != image.dtype:
            crop = np.rint(crop)
        return crop.astype(image.dtype, copy=False)

    def extract_mask(self, mask: np.ndarray) -> np.ndarray:
        """Crop a mask (H, W) of bool or numbers: (size, size) float32, zero outside the image."""
        part, window = _needed_part(mask, self)
        return _sample(part.astype(np.float32), window, zero_outside=True)

    def paste_mask(self, mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Paste a mask (size, size) of the crop into an image of `shape` (H, W): float32, zero outside the window."""
        out = np.zeros(shape[:2], dtype=np.float32)
        part = self.paste_part(mask, shape)
        out[part.place] = part.values
        return out

    def paste_part(self, mask: np.ndarray, shape: tuple[int, ...]) -> Part:
        """`paste_mask`, computed only inside the window."""
        columns, rows = (
            _inside(start, self.side, length) for start, length in ((self.x, shape[1]), (self.y, shape[0]))
        )
        mask = np.asarray(mask, dtype=np.float32)
        if self._is_whole and 1 / self.scale < SMOOTHED_FROM:
            # Resizing does the same sampling several times faster.
            square = cv2.resize(mask, (int(self.side), int(self.side)))
            top, left = rows.start - int(self.y), columns.start - int(self.x)
            values = square[top : top + rows.stop - rows.start, left : left + columns.stop - columns.start]
        else:
            averaged, ratio = _averaged(mask, 1 / self.scale)
            xs, ys = (
                (np.arange(inside.start, inside.stop) + 0.5 - start) / self.scale
                for inside, start in ((columns, self.x), (rows, self.y))
            )
            values = _bilinear(averaged, xs / ratio[0], ys / ratio[1])
        return Part(values, columns.start, rows.start)

    @property
    def _is_whole(self) -> bool:
        """Whether the window's edges lie between pixels."""
        return all(float(number).is_integer() for number in (self.x, self.y, self.side))


def crop_inputs(image: np.ndarray, windows: Sequence[CropWindow], device: torch.device | str) -> Tensor:
    """Network input from N crops of an RGB uint8 image (H, W, 3): (N, 3, S, S), see `normalize_crops`."""
    return normalize_crops([window.extract(image) for window in windows], device)


def normalize_crops(crops: Sequence[np.ndarray] | np.ndarray, device: torch.device | str) -> Tensor:
    """ImageNet-normalised network input from crops.

    Args:
        crops: uint8 RGB (N, S, S, 3), an array or a list of (S, S, 3).
        device: torch device of the result.

    Returns:
        (N, 3, S, S) float32 in channels-last memory order, `(crop / 255 - mean) / std` per channel.
    """
    return normalize_pixels(torch.from_numpy(np.stack(list(crops))).to(device).permute(0, 3, 1, 2).float())


def normalize_pixels(pixels: Tensor) -> Tensor:
    """ImageNet-normalise RGB pixels (N, 3, S, S), float32 in 0..255, in place."""
    scale, offset = normalization(pixels.device)
    return pixels.mul_(scale).sub_(offset)


@functools.lru_cache(maxsize=8)
def normalization(device: torch.device) -> tuple[Tensor, Tensor]:
    """Factor and offset, (3, 1, 1) tensors, that together divide by 255 and normalise."""
    mean, std = (torch.tensor(values, device=device).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return 1 / (255 * std), mean / std


def averaged_pixels(step: float) -> int:
    """How many pixels per axis to average for samples `step` pixels apart, so that nothing aliases; 1 means none."""
    return int(step) if step >= SMOOTHED_FROM else 1


def _needed_part(image: np.ndarray, window: CropWindow) -> tuple[np.ndarray, CropWindow]:
    """The part of an image that a window touches, at least one pixel, and the window relative to it."""
    columns, rows = (
        _needed_range(start, window.side, max(1, int(window.scale)), length)
        for start, length in ((window.x, image.shape[1]), (window.y, image.shape[0]))
    )
    part = image[slice(*rows), slice(*columns)]
    return part, dataclasses.replace(window, x=window.x - columns[0], y=window.y - rows[0])


def _needed_range(start: float, side: float, step: int, length: int) -> tuple[int, int]:
    """First pixel and last + 1 for samples in [start, start + side): whole steps, with a spare one at each end."""
    first = math.floor(start) - step
    last = first + step * math.ceil((math.ceil(start + side) + step - first) / step)
    first = min(max(first, 0), length - 1)
    return first, min(max(last, first + 1), length)


def _positions(start: float, side: float, size: int) -> np.ndarray:
    """Sample positions of a window along one axis, clamped to the centres of its outermost image pixels."""
    inset = min(0.5, side / 2)
    return np.clip(start + (np.arange(size) + 0.5) * (side / size), start + inset, start + side - inset)


def _inside(start: float, side: float, length: int) -> slice:
    """The slice of those of `length` pixels with their centre in [start, start + side)."""
    first, stop = (min(max(math.ceil(edge - 0.5), 0), length) for edge in (start, start + side))
    return slice(first, max(first, stop))


def _sample(image: np.ndarray, window: CropWindow, zero_outside: bool = False) -> np.ndarray:
    """A window of an image, in its type or float32; outside the image zero or replicated."""
    averaged, ratio = _averaged(image, window.scale)
    framed = _framed(averaged, image, zero_outside)
    if window.scale < SMOOTHED_FROM and window._is_whole:
        # As in `paste_part`.
        pixels = _cut(framed, int(window.x) + 1, int(window.y) + 1, int(window.side))
        return cv2.resize(pixels, (window.size, window.size))
    xs, ys = (_positions(start, window.side, window.size) for start in (window.x, window.y))
    return _bilinear(framed, xs / ratio[0] + 1, ys / ratio[1] + 1)


def _framed(averaged: np.ndarray, image: np.ndarray, zero_outside: bool) -> np.ndarray:
    """An averaged image with a border, one pixel wide, for the outside: zeros, or the border pixels of `image`."""
    if zero_outside:
        return cv2.copyMakeBorder(averaged, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    framed = cv2.copyMakeBorder(averaged, 1, 1, 1, 1, cv2.BORDER_REPLICATE).reshape(
        averaged.shape[0] + 2, averaged.shape[1] + 2, *image.shape[2:]
    )
    if averaged is not image:
        # The border's own pixels, not the averages there.
        for at in (0, -1):
            framed[at, 1:-1] = _area_resize(image[at:][:1], averaged.shape[1], 1)[0]
            framed[1:-1, at] = _area_resize(image[:, at:][:, :1], 1, averaged.shape[0])[:, 0]
            for other in (0, -1):
                framed[at, other] = image[at, other]
    return framed


def _cut(image: np.ndarray, left: int, top: int, side: int) -> np.ndarray:
    """Cut out the square of whole pixels, replicated outside the image."""
    pads, slices = [], []
    for start, length in ((top, image.shape[0]), (left, image.shape[1])):
        first = min(max(start, 0), length - 1)
        last = min(max(start + side, first + 1), length)
        before = min(max(-start, 0), side - 1)
        slices.append(slice(first, last))
        pads += [before, side - (last - first) - before]
    above, below, before, behind = pads
    return cv2.copyMakeBorder(image[tuple(slices)], above, below, before, behind, cv2.BORDER_REPLICATE)


def _averaged(image: np.ndarray, step: float) -> tuple[np.ndarray, tuple[float, float]]:
    """Shrink an image by area averages for samples `step` pixels apart; also returns the ratios (x, y) of the sizes."""
    if averaged_pixels(step) == 1:
        return image, (1.0, 1.0)
    width, height = (math.ceil(length / averaged_pixels(step)) for length in (image.shape[1], image.shape[0]))
    return _area_resize(image, width, height), (image.shape[1] / width, image.shape[0] / height)


def _area_resize(image: np.ndarray, width: int, height: int) -> np.ndarray:
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return resized.reshape(height, width, *image.shape[2:])


def _bilinear(image: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """(len(ys), len(xs), ...) float32: an image at a grid of positions (edge coordinates), borders replicated.

    Computed one axis after the other, because OpenCV's remap rounds positions to 1/32 pixel before version 5.
    """
    return _linear(_linear(image, ys, axis=0), xs, axis=1)


def _linear(image: np.ndarray, positions: np.ndarray, axis: int) -> np.ndarray:
    low = np.floor(positions - 0.5)
    fraction = (positions - 0.5 - low).astype(np.float32)
    last = image.shape[axis] - 1
    before, after = (
        image.take(np.clip(low + offset, 0, last).astype(np.intp), axis).astype(np.float32, copy=False)
        for offset in (0, 1)
    )
    after -= before
    after *= fraction.reshape([-1 if i == axis else 1 for i in range(image.ndim)])
    after += before
    return after
