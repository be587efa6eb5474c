"""From logits to probabilities, and from the probabilities of several objects to one partition of the image."""

import torch
from torch import Tensor

EPSILON = 1e-7


def target_probability(logits: Tensor) -> Tensor:
    """Softmax over the two channels: logits (N, 2, S, S) -> probability of the target (N, S, S), float32."""
    return torch.softmax(logits.float(), dim=1)[:, 1]


def soft_aggregation(probabilities: Tensor) -> Tensor:
    """Join the probabilities of K objects so that they and the background sum to one at every pixel.

    The background's probability is the product of (1 - p_k); all are clamped to [1e-7, 1 - 1e-7], and the result is the
    softmax of their logits, that is, their odds p / (1 - p) normalised (Oh et al., "Video Object Segmentation using
    Space-Time Memory Networks", 2019, section 3.4).

    Args:
        probabilities: (K, S, S) in 0..1.

    Returns:
        float32 (K + 1, S, S); index 0 is the background.
    """
    probabilities = probabilities.float()
    background = (1 - probabilities).prod(dim=0, keepdim=True)
    joined = torch.cat([background, probabilities]).clamp(EPSILON, 1 - EPSILON)
    odds = joined / (1 - joined)
    return odds / odds.sum(dim=0)


def aggregate_single(probabilities: Tensor) -> Tensor:
    """`soft_aggregation` of each object alone against its background: p^2 / (p^2 + (1-p)^2).

    Args:
        probabilities: any shape, in 0..1; clamped to [1e-7, 1 - 1e-7].

    Returns:
        float32, the same shape.
    """
    clamped = probabilities.float().clamp(EPSILON, 1 - EPSILON)
    target, background = clamped.square(), (1 - clamped).square()
    return target / (target + background)
