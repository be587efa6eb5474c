"""What trackers of one network compute together in a frame, each pass of the network and each reading as one batch."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from libs.memory.merging import Shares
from libs.memory.policy import Decision, Evidence
from libs.memory.segmenter import Segmenter, read_together
from libs.memory.space_time import offer_together
from libs.models.amb import EncodedFrame
from libs.utils.crops import CropWindow
from libs.utils.devices import read_back
from pytracking.tracker.DMB.sight import Seen, Sight


def look(segmenters: Sequence[Segmenter], image: np.ndarray, windows: Sequence[CropWindow]) -> list[Seen]:
    """The crops of a frame that N appearance memories segment, encoded."""
    if not segmenters:
        return []
    frames = segmenters[0].encode(image, *windows).each()
    return [Seen(*crop) for crop in zip(windows, frames, strict=True)]


def join(seen: Sequence[Seen]) -> EncodedFrame:
    """Encoded crops as one batch."""
    return EncodedFrame.join([look.frame for look in seen if look.frame is not None])


def read(segmenters: Sequence[Segmenter], seen: Sequence[Seen], expected: Sequence[np.ndarray | None]) -> list[Tensor]:
    """The probability of each target in its crop, (S, S), by what its appearance memory remembers.

    Args:
        segmenters: N. seen: their crops. expected: where in its crop each target is expected, see `Segmenter.read`.
    """
    return list(read_together(segmenters, join(seen), expected)) if segmenters else []


def read_masks(
    segmenters: Sequence[Segmenter], sights: Sequence[Sight], merged: Sequence[Shares | None]
) -> list[tuple[np.ndarray, float] | None]:
    """Probabilities (K, S, S) of each target, which is the first, and of those that share its crop; and its likeness.

    The device is waited for once. None where a frame was not segmented.
    """
    tensors: list[list[Tensor]] = []
    for segmenter, sight, shares in zip(segmenters, sights, merged, strict=True):
        if sight.frame is None or sight.probability is None:
            tensors.append([])
            continue
        values = sight.probability[None] if shares is None else shares.values[1:]
        tensors.append([values, segmenter.likeness.of(sight.frame.key, values[0])])
    return [(found[0], float(found[1])) if found else None for found in read_back(tensors)]


def remember(
    segmenters: Sequence[Segmenter],
    sights: Sequence[Sight],
    merged: Sequence[Shares | None],
    evidence: Sequence[Evidence],
) -> list[Decision]:
    """Offer what was segmented to the appearance memories; what these make of it."""
    frames: dict[int, EncodedFrame] = {}
    masks: list[Tensor] = []
    for row, (segmenter, sight, shares) in enumerate(zip(segmenters, sights, merged, strict=True)):
        if sight.frame is not None and sight.probability is not None:
            frames[row] = sight.frame
            alone = segmenter.network.memory_mask(sight.probability)
            masks.append(alone if shares is None else torch.where(shares.shared, shares.values[1], alone))
    decisions: dict[int, Decision] = {}
    if frames:
        memories, known = [segmenters[row].memory for row in frames], [evidence[row] for row in frames]
        found = offer_together(memories, EncodedFrame.join(list(frames.values())), torch.stack(masks), known)
        decisions = dict(zip(frames, found, strict=True))
    return [decisions.get(row, Decision.FORGET) for row in range(len(segmenters))]
