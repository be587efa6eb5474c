"""The position of a score map on its crop, and the Gaussian labels that the filter is trained on."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def score_index(points: Tensor, stride: int, kernel_size: tuple[int, int]) -> Tensor:
    """Index on the score map of points of the crop: the one place where (x, y) becomes (row, column).

    With an even kernel, score (i, j) is the response of the filter centred at the corner between cells, crop edge
    coordinates (j * stride, i * stride). With an odd kernel it is centred on the cell itself, half a stride further.

    Args:
        points: (..., 2) tensor of x, y in pixels of the crop, edge coordinates.
        stride: crop pixels per cell of the score map.
        kernel_size: (height, width) of the filter in cells.

    Returns:
        (..., 2) fractional row, column.
    """
    return points.flip(-1) / stride - _kernel_offset(kernel_size, points)


def score_points(shape: Sequence[int], stride: int, kernel_size: tuple[int, int]) -> np.ndarray:
    """(h, w, 2) x, y in crop pixels of each score of a map of shape (h, w): the inverse of `score_index`."""
    index = np.moveaxis(np.indices(shape), 0, -1) + [side % 2 / 2 for side in kernel_size]
    return index[..., ::-1] * stride


def _kernel_offset(kernel_size: tuple[int, int], like: Tensor) -> Tensor:
    return 0.5 * torch.tensor([side % 2 for side in kernel_size], dtype=like.dtype, device=like.device)


def gaussian_labels(centres: Tensor, shape: Sequence[int], sigma: float | Tensor) -> Tensor:
    """Label maps exp(-d^2 / (2 sigma^2)), d the distance in cells from the centre (ATOM, section 3.2).

    Args:
        centres: (N, 2) fractional row, column of every label's maximum, possibly outside the map.
        shape: (height, width) of the maps.
        sigma: standard deviation in cells, > 0.

    Returns:
        (N, height, width) in 0..1, of the dtype and on the device of `centres`.
    """
    profiles = []
    for axis, length in enumerate(shape):
        index = torch.arange(length, dtype=centres.dtype, device=centres.device)
        profiles.append(torch.exp(-((index - centres[:, axis : axis + 1]) ** 2) / (2 * sigma**2)))
    rows, columns = profiles
    return rows[:, :, None] * columns[:, None, :]


def label_sigma(target_size: Sequence[float] | np.ndarray, stride: int, output_sigma_factor: float) -> float:
    """Standard deviation of the label in cells: `output_sigma_factor` times the target's mean side.

    Args:
        target_size: (2,) sides of the target in crop pixels.
        stride: crop pixels per cell.
        output_sigma_factor: > 0.
    """
    return math.sqrt(float(target_size[0]) * float(target_size[1])) / stride * output_sigma_factor
