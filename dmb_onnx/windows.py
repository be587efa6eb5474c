"""Square crops of an image, in edge coordinates: pixel (i, j) covers [j, j + 1) x [i, i + 1)."""

import dataclasses
import math

import cv2
import numpy as np

SMOOTHED_FROM = 2.0
"""From this many image pixels per crop pixel, areas are averaged before bilinear sampling, against aliasing."""


@dataclasses.dataclass(frozen=True)
class Window:
    """The square with its corner at (x, y), in image pixels, sampled at `size` x `size` pixels."""

    x: float
    y: float
    side: float
    size: int

    @property
    def scale(self) -> float:
        """Image pixels per crop pixel."""
        return self.side / self.size

    @property
    def centre(self) -> np.ndarray:
        """(2,) x, y in image pixels."""
        return np.array([self.x + self.side / 2, self.y + self.side / 2])

    def to_crop(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) from image to crop."""
        return (np.asarray(points, np.float64) - (self.x, self.y)) / self.scale

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) from crop to image."""
        return np.asarray(points, np.float64) * self.scale + (self.x, self.y)

    def extract(self, image: np.ndarray) -> np.ndarray:
        """Crop an RGB uint8 image to (size, size, 3); outside, its border pixels are repeated."""
        crop = _sample(*_needed_part(image, self), zero_outside=False)
        return crop if crop.dtype == np.uint8 else np.rint(crop).astype(np.uint8)

    def extract_mask(self, mask: np.ndarray) -> np.ndarray:
        """Crop a mask (H, W) to (size, size) float32; zero outside the image."""
        part, window = _needed_part(mask, self)
        return _sample(part.astype(np.float32), window, zero_outside=True)

    def paste_mask(self, mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Paste the crop's mask (size, size) into an image of `shape` (H, W): float32, zero outside the window."""
        out = np.zeros(shape[:2], np.float32)
        xs, ys = np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5
        columns = slice(*np.searchsorted(xs, (self.x, self.x + self.side)))
        rows = slice(*np.searchsorted(ys, (self.y, self.y + self.side)))
        if columns.stop > columns.start and rows.stop > rows.start:
            averaged, ratio = _averaged(np.asarray(mask, np.float32), 1 / self.scale)
            crop_x, crop_y = (xs[columns] - self.x) / self.scale, (ys[rows] - self.y) / self.scale
            out[rows, columns] = _bilinear(averaged, crop_x / ratio[0], crop_y / ratio[1])
        return out


def around(centre: np.ndarray, side: float, size: int) -> Window:
    """The window with this side, centred on `centre` (x, y)."""
    return Window(float(centre[0]) - side / 2, float(centre[1]) - side / 2, float(side), size)


def whole_pixels_around(box: np.ndarray, factor: float, size: int) -> Window:
    """The window of side `ceil(sqrt(w * h) * factor)` around a box (x, y, w, h), on whole pixels."""
    x, y, w, h = map(float, box)
    side = max(1, math.ceil(math.sqrt(w * h) * factor))
    left, top = np.round([x + w / 2 - side / 2, y + h / 2 - side / 2]).tolist()
    return Window(left, top, float(side), size)


def _needed_part(image: np.ndarray, window: Window) -> tuple[np.ndarray, Window]:
    """The part of an image that a window needs, at least one pixel, and the window relative to that part."""
    step = max(1, int(window.scale))
    (left, right), (top, bottom) = (
        _needed_range(start, window.side, step, length)
        for start, length in ((window.x, image.shape[1]), (window.y, image.shape[0]))
    )
    return image[top:bottom, left:right], dataclasses.replace(window, x=window.x - left, y=window.y - top)


def _needed_range(start: float, side: float, step: int, length: int) -> tuple[int, int]:
    first = math.floor(start) - step
    last = first + step * math.ceil((math.ceil(start + side) + step - first) / step)
    first = min(max(first, 0), length - 1)
    return first, min(max(last, first + 1), length)


def _sample(image: np.ndarray, window: Window, zero_outside: bool) -> np.ndarray:
    averaged, ratio = _averaged(image, window.scale)
    framed = _framed(averaged, image, zero_outside)
    if window.scale < SMOOTHED_FROM and all(float(v).is_integer() for v in (window.x, window.y, window.side)):
        shift, whole = np.array([[1, 0, -window.x - 1], [0, 1, -window.y - 1]]), [int(window.side)] * 2
        pixels = cv2.warpAffine(framed, shift, whole, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        return cv2.resize(pixels, (window.size, window.size))
    inset = min(0.5, window.side / 2)
    steps = (np.arange(window.size) + 0.5) * window.scale
    xs, ys = (np.clip(start + steps, start + inset, start + window.side - inset) for start in (window.x, window.y))
    return _bilinear(framed, xs / ratio[0] + 1, ys / ratio[1] + 1)


def _framed(averaged: np.ndarray, image: np.ndarray, zero_outside: bool) -> np.ndarray:
    """An averaged image with a border, one pixel wide, of zeros or of the border pixels of `image`."""
    if zero_outside:
        return cv2.copyMakeBorder(averaged, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    framed = cv2.copyMakeBorder(averaged, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    if averaged is not image:
        height, width = averaged.shape[:2]
        for at in (0, -1):
            framed[at, 1:-1] = _area_resize(image[at:][:1], width, 1)[0]
            framed[1:-1, at] = _area_resize(image[:, at:][:, :1], 1, height)[:, 0]
            for other in (0, -1):
                framed[at, other] = image[at, other]
    return framed


def _averaged(image: np.ndarray, step: float) -> tuple[np.ndarray, tuple[float, float]]:
    """An image shrunk by area averages, for samples `step` pixels apart, and the ratios (x, y) of the sizes."""
    if step < SMOOTHED_FROM:
        return image, (1.0, 1.0)
    width, height = (math.ceil(length / int(step)) for length in (image.shape[1], image.shape[0]))
    return _area_resize(image, width, height), (image.shape[1] / width, image.shape[0] / height)


def _area_resize(image: np.ndarray, width: int, height: int) -> np.ndarray:
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA).reshape(height, width, *image.shape[2:])


def _bilinear(image: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """(len(ys), len(xs), ...) float32: an image at a grid of positions, border pixels repeated."""
    return _linear(_linear(image, ys, axis=0), xs, axis=1)


def _linear(image: np.ndarray, positions: np.ndarray, axis: int) -> np.ndarray:
    low = np.floor(positions - 0.5)
    fraction = (positions - 0.5 - low).astype(np.float32)
    before, after = (
        image.take(places.astype(np.intp), axis, mode="clip").astype(np.float32, copy=False)
        for places in (low, low + 1)
    )
    return before + (after - before) * fraction.reshape([-1 if i == axis else 1 for i in range(image.ndim)])
