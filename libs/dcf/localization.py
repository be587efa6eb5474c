"""Reads a score map: the peak, its strongest rival, and what the two say about the frame."""

import enum
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class Flag(enum.Enum):
    """What the scores say about the target."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    HARD_NEGATIVE = "hard_negative"
    UNCERTAIN = "uncertain"


class Peak(NamedTuple):
    """A maximum of a score map: its value and its (row, column) index."""

    score: float
    row: int
    column: int


class Thresholds(NamedTuple):
    """The thresholds that turn a peak and its rival into a flag; fields have the names of the tracker's parameters."""

    target_not_found_threshold: float
    distractor_threshold: float
    hard_negative_threshold: float
    displacement_scale: float


def peak_numbers(score_map: Tensor, neighbourhood: Sequence[float] | np.ndarray | Tensor) -> Tensor:
    """The highest point of a score map and the highest one outside its neighbourhood, left on the map's device.

    Args:
        score_map: (H, W) tensor.
        neighbourhood: (height, width) in points of the region around the peak that cannot hold a rival.

    Returns:
        (4,) tensor for `read_peaks`: both scores (the rival's -inf where the neighbourhood covers the map), and both
        positions as row * W + column.
    """
    height, width = score_map.shape
    best, best_index = score_map.flatten().max(0)
    row, column = best_index // width, best_index % width
    near_rows = _near(height, row, neighbourhood[0])
    near_columns = _near(width, column, neighbourhood[1])
    rivals = score_map.masked_fill(near_rows[:, None] & near_columns, -math.inf)
    rival, rival_index = rivals.flatten().max(0)
    return torch.stack([best, rival, best_index.to(best.dtype), rival_index.to(best.dtype)])


def read_peaks(numbers: Sequence[float], width: int) -> tuple[Peak, Peak | None]:
    """The result of `peak_numbers` as two Peaks; the second is None if there is no rival.

    Args:
        numbers: the four, on the host.
        width: of the score map.
    """
    *scores, first, second = numbers
    peaks = [Peak(score, *divmod(int(index), width)) for score, index in zip(scores, (first, second), strict=True)]
    return peaks[0], peaks[1] if peaks[1].score > -math.inf else None


def _near(length: int, centre: Tensor, size: float | Tensor) -> Tensor:
    """(length,) bool: the indices within size / 2 of the centre, both ends rounded and included."""
    index = torch.arange(length, device=centre.device)
    first, last = torch.round(centre - size / 2), torch.round(centre + size / 2)
    return (index >= first) & (index <= last)


def judge_peaks(
    first: Peak, second: Peak | None, map_shape: Sequence[int], thresholds: Thresholds
) -> tuple[Flag, Peak]:
    """The flag of a frame, and the peak to follow (ATOM's advanced localization).

    A rival above `distractor_threshold` times the peak makes it ambiguous which of the two is the target: the one close
    to the crop's centre if only one is, else it stays unknown. With the default of 100 this never happens, and no peak
    is below the default `target_not_found_threshold` of -1; both thresholds are for experiments.

    Args:
        first: Peak.
        second: its rival or None.
        map_shape: (H, W) of the score map, whose centre (H // 2, W // 2) is the expected position.
        thresholds: Thresholds.

    Returns:
        Flag, Peak. A peak that is not positive (or not a number) is UNCERTAIN unless it is NOT_FOUND, because ratios to
        it are meaningless.
    """
    if first.score < thresholds.target_not_found_threshold:
        return Flag.NOT_FOUND, first
    if not first.score > 0:
        return Flag.UNCERTAIN, first
    if second is None:
        return Flag.FOUND, first
    if second.score > thresholds.distractor_threshold * first.score:
        return _choose_central(first, second, map_shape, thresholds.displacement_scale)
    if second.score > max(thresholds.hard_negative_threshold * first.score, thresholds.target_not_found_threshold):
        return Flag.HARD_NEGATIVE, first
    return Flag.FOUND, first


def _choose_central(
    first: Peak, second: Peak, map_shape: Sequence[int], displacement_scale: float
) -> tuple[Flag, Peak]:
    limit = displacement_scale * math.sqrt(map_shape[0] * map_shape[1]) / 2
    distances = [math.hypot(p.row - map_shape[0] // 2, p.column - map_shape[1] // 2) for p in (first, second)]
    if distances[0] < limit < distances[1]:
        return Flag.HARD_NEGATIVE, first
    if distances[1] < limit < distances[0]:
        return Flag.HARD_NEGATIVE, second
    return Flag.UNCERTAIN, first
