"""Spoils remembered masks in training, so that the network learns to recover from errors."""

import torch
import torch.nn.functional as F
from torch import Tensor

FIELD_CELLS = 5
"""Random numbers along each side of the field that selects the spoilt parts of masks."""
LARGEST_MARGIN = 0.25
"""The most that a mask grows or shrinks by, in square roots of its area."""


def spoil_masks(masks: Tensor, probability: float) -> Tensor:
    """The masks, some of them spoilt as by a tracking error.

    A quarter of the spoilt masks each grow along the border, shrink, gain a part of the picture, or lose one.
    The parts are where a smooth random field is high, about an eighth of the picture.

    Args:
        masks: (M, S, S) float, 0..1.
        probability: of each mask to be spoilt, 0..1.

    Returns:
        (M, S, S), of the same type.
    """
    choices = torch.rand(len(masks)) / max(probability, 1e-9)
    spoilt = [
        _spoilt(mask, choice) if choice < 1 else mask for mask, choice in zip(masks, choices.tolist(), strict=True)
    ]
    return torch.stack(spoilt)


def _spoilt(mask: Tensor, choice: float) -> Tensor:
    """One mask (S, S), spoilt in the way that `choice`, 0..1, selects."""
    if choice < 0.5:
        return _with_margin(mask, grows=choice < 0.25)
    field = torch.randn(1, 1, FIELD_CELLS, FIELD_CELLS, device=mask.device)
    part = F.interpolate(field, mask.shape, mode="bicubic", align_corners=False)[0, 0] > 1
    return torch.where(part, torch.full_like(mask, choice < 0.75), mask)


def _with_margin(mask: Tensor, grows: bool) -> Tensor:
    margin = max(1, round(mask.sum().sqrt().item() * torch.rand(()).item() * LARGEST_MARGIN))
    sign = 1 if grows else -1
    return sign * F.max_pool2d(sign * mask[None], 2 * margin + 1, stride=1, padding=margin)[0]
