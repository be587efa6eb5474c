"""Divides the pixels of an image among several targets, each segmented separately in its own crop."""

import itertools
import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from libs.models.aggregation import soft_aggregation
from libs.utils.crops import CropWindow, averaged_pixels

ABSENT = 0.1
"""A target with no probability above this in a crop is not in it."""
Segmented = Mapping[int, tuple[Tensor, CropWindow]]


class Shares(NamedTuple):
    """Each target's share of one target's crop; on the network's device, without waiting for it.

    Attributes:
        values: (K + 1, S, S), with sum one at every pixel: 0 is the background, 1 the target itself, then the others.
        shared: () bool, whether another target is in the crop. If not, the target keeps its own probability: nothing
            elsewhere in the image changes what it remembers.
    """

    values: Tensor
    shared: Tensor


def merge_targets(segmented: Segmented, known: Mapping[int, np.ndarray]) -> dict[int, Shares]:
    """Soft aggregation of the targets of one frame, in the crop of each.

    A target's own probability is taken as it is; those of the others are resampled from their crops into its own.

    Args:
        segmented: number -> (probability in 0..1, tensor (S, S), CropWindow it was computed in).
        known: number -> (H, W) bool, the mask of a target annotated in this frame: its pixels are certain.

    Returns:
        dict: number of each segmented target -> its Shares. A target with a crop that touches no other shares nothing
        and is left out.
    """
    others: dict[int, list[Tensor]] = {number: [] for number in segmented}
    for number, brought in _bring(segmented):
        others[number].append(brought)
    for number, (probability, window) in segmented.items():
        masks = [window.extract_mask(mask) for mask in known.values()]
        others[number] += [torch.from_numpy(mask).to(probability.device) for mask in masks if mask.any()]
    return {number: _share(segmented[number][0], found) for number, found in others.items() if found}


def _share(own: Tensor, others: list[Tensor]) -> Shares:
    joined = torch.stack([own, *others])
    found = joined[1:]
    present = found.amax(dim=(1, 2), keepdim=True) > ABSENT
    found *= present
    shared = present.any()
    values = soft_aggregation(joined)
    values[1] = torch.where(shared, values[1], own)
    values[0] = torch.where(shared, values[0], 1 - own)
    return Shares(values, shared)


def _bring(segmented: Segmented) -> list[tuple[int, Tensor]]:
    """(number, probability of another target in its crop) for every two targets with overlapping crops."""
    pairs = [
        (number, other) for number, other in itertools.permutations(segmented, 2) if _overlap(segmented, number, other)
    ]

    def sizes(pair: tuple[int, int]) -> tuple[int, int]:
        (_, window), (_, source) = (segmented[number] for number in pair)
        return window.size, math.ceil(source.size / averaged_pixels(window.scale / source.scale))

    brought = []
    # In one call for all pairs with the same sizes, usually all pairs.
    for (size, source_size), group in itertools.groupby(sorted(pairs, key=sizes), sizes):
        alike = list(group)
        sources = torch.stack([_shrunken(segmented[other][0], source_size) for _, other in alike])
        places = torch.tensor([_place(segmented[number][1], segmented[other][1]) for number, other in alike])
        grid = _grid(places.to(sources.device), size)
        found = F.grid_sample(sources[:, None], grid, padding_mode="zeros", align_corners=False)[:, 0]
        brought += [(number, probability) for (number, _), probability in zip(alike, found, strict=True)]
    return brought


def _overlap(segmented: Segmented, *numbers: int) -> bool:
    (_, one), (_, other) = (segmented[number] for number in numbers)
    return all(
        first < second + other.side and second < first + one.side
        for first, second in ((one.x, other.x), (one.y, other.y))
    )


def _shrunken(probability: Tensor, size: int) -> Tensor:
    """Resize to (size, size) by area averages."""
    return probability if len(probability) == size else F.interpolate(probability[None, None], size, mode="area")[0, 0]


def _place(window: CropWindow, source: CropWindow) -> list[float]:
    """x, y of a crop's centre in another with edges at -1 and 1, and the crop's side in halves of the other's."""
    return [*(2 * (window.centre - source.centre) / source.side).tolist(), window.side / source.side]


def _grid(places: Tensor, size: int) -> Tensor:
    """(N, size, size, 2) positions for `grid_sample` of crops at places (N, 3), in a fifth of `affine_grid`'s time."""
    steps = (torch.arange(size, device=places.device) + 0.5) * (2 / size) - 1
    columns, rows = (places[:, axis, None] + places[:, 2, None] * steps for axis in (0, 1))
    return torch.stack(torch.broadcast_tensors(columns[:, None, :], rows[:, :, None]), dim=-1)
