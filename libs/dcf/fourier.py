"""Scores between the cells: trigonometric interpolation of a score map on the crop's pixel grid, and the window."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def interpolation_matrix(n_cells: int, positions: Tensor) -> Tensor:
    """Matrix of the trigonometric interpolation of `n_cells` periodic samples at fractional positions.

    It is what a DFT, zero padding and an inverse DFT compute, written as the Dirichlet kernel: with frequencies
    -K..K, K = n_cells // 2, the weight of sample m at position t is (1 + 2 sum_k cos(2 pi k (t - m) / n_cells)) /
    n_cells. For an even number of cells the Nyquist frequency K is present on both sides with full weight, so it counts
    twice (an exact interpolation would halve it): the released tracker's scores, and with them its thresholds, are
    defined this way.

    Args:
        n_cells: number of samples of one period.
        positions: (P,) tensor in cells; sample m is at position m.

    Returns:
        (P, n_cells) of the dtype and on the device of `positions`.
    """
    samples = torch.arange(n_cells, dtype=positions.dtype, device=positions.device)
    frequencies = torch.arange(1, n_cells // 2 + 1, dtype=positions.dtype, device=positions.device)
    phase = 2 * math.pi / n_cells * (positions[:, None] - samples)
    return (1 + 2 * torch.cos(phase[..., None] * frequencies).sum(-1)) / n_cells


def hann_window(n_points: int, like: Tensor) -> Tensor:
    """(n_points,) Hann window with its maximum, 1, at index n_points // 2 and no zero at its ends.

    It is 0.5 * (1 + cos(2 pi d / (n_points + 2))), d the distance in points from the maximum.
    """
    distance = torch.arange(n_points, dtype=like.dtype, device=like.device) - n_points // 2
    return 0.5 * (1 + torch.cos(2 * math.pi / (n_points + 2) * distance))


class ScoreSampler:
    """Turns a score map into scores at the points of the crop's pixel grid, centred and windowed.

    The interpolation is separable and linear and so is the window: one small matrix per axis does both.
    Point (a, b) of the result is at row a / upsample, column b / upsample of the crop, in edge coordinates.

    Args:
        score_shape: (height, width) of the score map, in cells.
        stride: crop pixels per cell.
        kernel_size: (height, width) of the filter: says where on the crop score (0, 0) is (see `labels.score_index`).
        upsample: points per crop pixel, an integer >= 1.
        windowed: whether to multiply by the Hann window, centred on the crop.
        like: a tensor of the dtype and on the device to work with.
    """

    def __init__(
        self,
        score_shape: Sequence[int],
        stride: int,
        kernel_size: tuple[int, int],
        upsample: int,
        windowed: bool,
        like: Tensor,
    ):
        self.matrices = []
        for cells, kernel in zip(score_shape, kernel_size, strict=True):
            n_points = cells * stride * upsample
            points = torch.arange(n_points, dtype=torch.float64)
            matrix = interpolation_matrix(cells, points / (stride * upsample) - 0.5 * (kernel % 2))
            if windowed:
                matrix = matrix * hann_window(n_points, matrix)[:, None]
            self.matrices.append(matrix.to(like))

    def __call__(self, scores: Tensor) -> Tensor:
        """(..., h, w) scores to (..., h * stride * upsample, w * stride * upsample)."""
        vertical, horizontal = self.matrices
        return vertical @ scores @ horizontal.T
