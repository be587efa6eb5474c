"""Augmented crops of the first frame, from which the filter starts."""

import math
from typing import Any

import cv2
import numpy as np

from dmb_onnx.windows import Window, around


def augment(
    image: np.ndarray, window: Window, augmentation: dict[str, Any], expansion: float
) -> tuple[list[np.ndarray], np.ndarray]:
    """Crop a window, and shift, mirror, blur and rotate the crop in all the ways `augmentation` lists.

    Returns:
        N crops (S, S, 3) uint8, and (N, 2) the shift x, y of the content of each, in crop pixels.
    """
    size = window.size
    relative = np.array(augmentation.get("relativeshift", []), np.float64).reshape(-1, 2)
    shifts = (relative[:, ::-1] * size / 2).astype(int)
    margin = max(math.ceil((expansion - 1) * size / 2), int(np.abs(shifts).max(initial=0)))
    whole = size + 2 * margin
    expanded = around(window.centre, window.scale * whole, whole).extract(image)

    def cut(picture: np.ndarray, x: int = 0, y: int = 0) -> np.ndarray:
        return picture[margin - y : margin - y + size, margin - x : margin - x + size]

    crops = [cut(expanded), *(cut(expanded, x, y) for x, y in shifts)]
    if augmentation.get("fliplr"):
        crops.append(cut(expanded[:, ::-1]))
    for vertical, horizontal in augmentation.get("blur", []):
        kernel = [2 * math.ceil(2 * sigma) + 1 for sigma in (horizontal, vertical)]
        crops.append(cut(cv2.GaussianBlur(expanded, kernel, sigmaX=horizontal, sigmaY=vertical)))
    for angle in augmentation.get("rotate", []):
        matrix = cv2.getRotationMatrix2D([(whole - 1) / 2] * 2, angle, 1)
        matrix[:, 2] -= margin
        crops.append(cv2.warpAffine(expanded, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE))
    moved = np.zeros((len(crops), 2))
    moved[1 : 1 + len(shifts)] = shifts
    return crops, moved
