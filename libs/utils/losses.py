"""Segmentation losses, one value per sample, on the network's two-channel logits."""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from libs.utils.errors import SettingsError

HARDEST_FRACTION = 0.4
"""Fraction of the pixels that the bootstrapped cross-entropy keeps."""


def bootstrapped_cross_entropy(logits: Tensor, target: Tensor, fraction: float = HARDEST_FRACTION) -> Tensor:
    """Mean cross-entropy of the hardest pixels of every sample (Wu et al., "Bridging Category-level and
    Instance-level Semantic Image Segmentation", 2016, section 4.1).

    Args:
        logits: (N, 2, H, W), channel 1 is the target.
        target: (N, H, W) bool or 0 / 1.
        fraction: of each sample's pixels that counts, in (0, 1]; at least one pixel does.

    Returns:
        float32 (N,).
    """
    losses = F.cross_entropy(logits.float(), target.long(), reduction="none").flatten(1)
    count = max(1, round(fraction * losses.shape[1]))
    return losses.topk(count, dim=1, sorted=False).values.mean(dim=1)


def soft_iou_loss(logits: Tensor, target: Tensor) -> Tensor:
    """One minus the soft intersection over union, sum(p t) / sum(p + t - p t), of every sample (Rahman and Wang,
    "Optimizing Intersection-Over-Union in Deep Neural Networks", 2016, equation 3).

    Args:
        logits: (N, 2, H, W), channel 1 is the target; p is its softmax probability.
        target: (N, H, W) bool or 0 / 1.

    Returns:
        float32 (N,) in 0..1.
    """
    probability = torch.softmax(logits.float(), dim=1)[:, 1].flatten(1)
    target = target.to(probability.dtype).flatten(1)
    intersection = (probability * target).sum(dim=1)
    union = (probability + target).sum(dim=1) - intersection
    return 1 - intersection / union.clamp(min=torch.finfo(union.dtype).tiny)


def bootstrapped_and_iou(logits: Tensor, target: Tensor) -> Tensor:
    """Sum of `bootstrapped_cross_entropy` and `soft_iou_loss`; same arguments and result."""
    return bootstrapped_cross_entropy(logits, target) + soft_iou_loss(logits, target)


Loss = Literal["bootstrapped", "iou", "both"]
LOSSES = {"bootstrapped": bootstrapped_cross_entropy, "iou": soft_iou_loss, "both": bootstrapped_and_iou}


def segmentation_loss(name: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss function `name`: 'bootstrapped', 'iou' or 'both'.

    Raises:
        SettingsError: for any other name.
    """
    if name not in LOSSES:
        raise SettingsError(f"loss is {name!r}; use one of {', '.join(LOSSES)}")
    return LOSSES[name]


def mask_iou(prediction: Tensor, target: Tensor) -> Tensor:
    """Intersection over union of binary masks, sample by sample.

    Args:
        prediction: bool (N, H, W).
        target: bool (N, H, W).

    Returns:
        float32 (N,) in 0..1; 1 where both are empty.
    """
    intersection = (prediction & target).flatten(1).sum(dim=1).float()
    union = (prediction | target).flatten(1).sum(dim=1).float()
    return torch.where(union > 0, intersection / union.clamp(min=1), torch.ones_like(union))
