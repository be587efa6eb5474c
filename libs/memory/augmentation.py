"""Augmented crops of the first frame, to start the filter."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from libs.utils.crops import CropWindow
from libs.utils.errors import SettingsError

MOST_CROPS = 1000
LARGEST_SIGMA = 64
LARGEST_SHIFT = 2
TRANSFORMS = ("relativeshift", "fliplr", "blur", "rotate")


@dataclasses.dataclass(frozen=True)
class AugmentedCrops:
    """Crops of one frame, and where each moved the target's centre.

    Attributes:
        crops: (N, S, S, 3), the dtype of the image; the first is the crop as it is.
        shifts: (N, 2) how far the content moved, x, y in crop pixels.
    """

    crops: np.ndarray
    shifts: np.ndarray


def check_augmentation(augmentation: dict[str, Any]) -> None:
    """Raise SettingsError if the dict has an unknown transform or a value of the wrong form or size."""
    for name, value in augmentation.items():
        if name not in TRANSFORMS:
            raise SettingsError(f"augmentation has no transform '{name}'; known are {', '.join(TRANSFORMS)}")
        if name == "fliplr":
            if not isinstance(value, bool):
                raise SettingsError(f"augmentation 'fliplr' must be True or False, not {value!r:.80}")
        elif not _is_list(value) or len(value) > MOST_CROPS:
            raise SettingsError(f"augmentation '{name}' must be a list of at most {MOST_CROPS}, not {value!r:.80}")
        elif name == "rotate":
            if not _are_numbers(value):
                raise SettingsError(f"augmentation 'rotate' must be a list of degrees, not {value!r:.80}")
        elif not all(_is_list(pair) and len(pair) == 2 and _are_numbers(pair) for pair in value):
            raise SettingsError(
                f"augmentation '{name}' must be a list of pairs (vertical, horizontal), not {value!r:.80}"
            )
    if not all(0 < sigma <= LARGEST_SIGMA for sigmas in augmentation.get("blur", []) for sigma in sigmas):
        raise SettingsError(
            f"augmentation 'blur' must hold positive sigmas, at most {LARGEST_SIGMA}, not {augmentation['blur']}"
        )
    if not all(abs(by) <= LARGEST_SHIFT for shift in augmentation.get("relativeshift", []) for by in shift):
        raise SettingsError(
            f"augmentation 'relativeshift' must hold shifts of at most {LARGEST_SHIFT} halves of the crop"
        )


def count_crops(augmentation: dict[str, Any]) -> int:
    """How many crops `augment_crop` makes with such a dict."""
    lists = sum(len(augmentation.get(name, [])) for name in ("relativeshift", "blur", "rotate"))
    return 1 + lists + bool(augmentation.get("fliplr"))


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(type(value) in (int, float) and abs(value) < math.inf for value in values)


def augment_crop(
    image: np.ndarray, window: CropWindow, augmentation: dict[str, Any], expansion_factor: float
) -> AugmentedCrops:
    """The crop of a window, and the crop transformed in every way of `augmentation`.

    A larger region of the image is cut out and transformed, and then its centre is cut out, so that a shift or a
    rotation moves image into the crop, not filling.

    Args:
        image: (H, W, 3) uint8.
        window: CropWindow.
        augmentation: dict with any of 'relativeshift', a list of (vertical, horizontal) shifts in halves of the crop's
            side; 'fliplr', a bool; 'blur', a list of (vertical, horizontal) sigmas in crop pixels; 'rotate', a list of
            angles in degrees, positive counter-clockwise.
        expansion_factor: side of the larger region in sides of the crop, >= 1; larger still if a shift needs it.

    Returns:
        AugmentedCrops, in the order: identity, shifts, flip, blurs, rotations.
    """
    size = window.size
    shifts = _shifts_in_pixels(augmentation.get("relativeshift", []), size)
    margin = max(math.ceil((expansion_factor - 1) * size / 2), int(np.abs(shifts).max(initial=0)))
    expanded_size = size + 2 * margin
    expanded = type(window).search(window.centre, window.scale * expanded_size, expanded_size).extract(image)

    crops = [_cut(expanded, size)]
    crops += [_cut(expanded, size, shift) for shift in shifts]
    if augmentation.get("fliplr"):
        crops.append(_cut(expanded[:, ::-1], size))
    crops += [_cut(_blur(expanded, sigmas), size) for sigmas in augmentation.get("blur", [])]
    crops += [_rotate_and_cut(expanded, angle, size) for angle in augmentation.get("rotate", [])]

    moved = np.zeros((len(crops), 2))
    moved[1 : 1 + len(shifts)] = shifts
    return AugmentedCrops(np.stack(crops), moved)


def _shifts_in_pixels(relative: Sequence[tuple[float, float]], size: int) -> np.ndarray:
    """(N, 2) whole crop pixels x, y, rounded towards zero, of (vertical, horizontal) shifts in halves of the side."""
    return (np.array(relative, dtype=np.float64).reshape(-1, 2)[:, ::-1] * size / 2).astype(int)


def _cut(expanded: np.ndarray, size: int, shift: Sequence[int] | np.ndarray = (0, 0)) -> np.ndarray:
    """The central crop, with the content moved by (x, y)."""
    left, top = ((len(expanded) - size) // 2 - by for by in shift)
    return expanded[top : top + size, left : left + size]


def _blur(image: np.ndarray, sigmas: tuple[float, float]) -> np.ndarray:
    """Gaussian blur with (vertical, horizontal) sigmas; the kernel reaches to twice the sigma on either side."""
    vertical, horizontal = (2 * math.ceil(2 * sigma) + 1 for sigma in sigmas)
    return cv2.GaussianBlur(image, (horizontal, vertical), sigmaX=sigmas[1], sigmaY=sigmas[0])


def _rotate_and_cut(expanded: np.ndarray, angle: float, size: int) -> np.ndarray:
    """The central crop, rotated about the centre by degrees, counter-clockwise, with repeated borders."""
    centre = (len(expanded) - 1) / 2  # OpenCV counts from the centre of the first pixel
    matrix = cv2.getRotationMatrix2D((centre, centre), angle, 1)
    matrix[:, 2] -= (len(expanded) - size) / 2
    return cv2.warpAffine(expanded, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
