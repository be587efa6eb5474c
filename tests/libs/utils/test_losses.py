"""Losses, by hand on a few pixels."""

import math

import pytest
import torch

from libs.utils.errors import SettingsError
from libs.utils.losses import (
    bootstrapped_and_iou,
    bootstrapped_cross_entropy,
    mask_iou,
    segmentation_loss,
    soft_iou_loss,
)


def logits_of(probabilities):
    """Logits (N, 2, 1, P) whose softmax gives these target probabilities (N, P)."""
    p = torch.tensor(probabilities, dtype=torch.float64)
    return torch.stack([(1 - p).log(), p.log()], dim=1)[:, :, None, :].float()


def test_only_the_hardest_pixels_count():
    logits = logits_of([[0.9, 0.5, 0.2, 0.6, 0.1]])
    target = torch.tensor([[[1, 1, 1, 0, 0]]])
    costs = [-math.log(value) for value in (0.9, 0.5, 0.2, 0.4, 0.9)]
    expected = sum(sorted(costs)[-2:]) / 2
    assert bootstrapped_cross_entropy(logits, target).tolist() == pytest.approx([expected], rel=1e-5)
    everything = bootstrapped_cross_entropy(logits, target, fraction=1.0)
    assert everything.tolist() == pytest.approx([sum(costs) / 5], rel=1e-5)


def test_samples_do_not_compete_for_the_hardest_pixels():
    logits = logits_of([[0.5] * 5, [0.9] * 5])
    target = torch.ones(2, 1, 5)
    expected = [math.log(2), -math.log(0.9)]
    assert bootstrapped_cross_entropy(logits, target).tolist() == pytest.approx(expected, rel=1e-5)


def test_soft_iou_by_hand():
    logits = logits_of([[0.8, 0.4, 0.1], [0.5, 0.5, 0.5]])
    target = torch.tensor([[[1, 1, 0]], [[0, 0, 0]]])
    assert soft_iou_loss(logits, target).tolist() == pytest.approx([1 - 1.2 / 2.1, 1.0], rel=1e-5)


def test_extreme_logits_stay_finite_and_differentiable():
    logits = torch.tensor([[[[1000.0, -1000.0]], [[-1000.0, 1000.0]]]], requires_grad=True)
    loss = bootstrapped_and_iou(logits, torch.zeros(1, 1, 2))
    loss.sum().backward()
    assert torch.isfinite(loss).all()
    assert torch.isfinite(logits.grad).all()


def test_both_is_the_sum():
    logits, target = torch.randn(3, 2, 4, 4), torch.rand(3, 4, 4) > 0.5
    total = bootstrapped_cross_entropy(logits, target) + soft_iou_loss(logits, target)
    assert torch.equal(segmentation_loss("both")(logits, target), total)


def test_an_unknown_loss_is_refused():
    with pytest.raises(SettingsError, match="bootstrapped, iou, both"):
        segmentation_loss("dice")


def test_mask_iou_by_hand():
    prediction = torch.tensor([[[1, 1, 0]], [[0, 0, 0]], [[1, 0, 0]]], dtype=torch.bool)
    target = torch.tensor([[[1, 0, 1]], [[0, 0, 0]], [[0, 0, 0]]], dtype=torch.bool)
    assert mask_iou(prediction, target).tolist() == pytest.approx([1 / 3, 1, 0])
