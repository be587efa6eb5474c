"""Spoils remembered masks in training, so that the network learns to mend what has gone wrong."""

import torch
import torch.nn.functional as F

FIELD_CELLS = 5
"""Random numbers along each side of the field from which the spoilt parts of masks come."""


def spoil_masks(masks, probability):
    """Masks as they are when something has gone wrong: parts of the picture are added to them, or taken from them.

    The parts are where a smooth random field is high, about an eighth of the picture.

    Args:
        masks: (M, S, S) float, 0..1.
        probability: of each mask to be spoilt, 0..1; half of these gain, half of them lose.

    Returns:
        (M, S, S), of the same type.
    """
    count, device = len(masks), masks.device
    field = torch.randn(count, 1, FIELD_CELLS, FIELD_CELLS, device=device)
    field = F.interpolate(field, masks.shape[-2:], mode="bicubic", align_corners=False)[:, 0]
    choice = torch.rand(count, 1, 1, device=device)
    spoilt, gains = (field > 1) & (choice < probability), choice < probability / 2
    return torch.where(spoilt, gains.to(masks.dtype), masks)
