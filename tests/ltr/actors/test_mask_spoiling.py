"""Spoilt masks: what is added, what is taken, how much and how often."""

import pytest
import torch

from ltr.actors.mask_spoiling import spoil_masks


def test_each_spoilt_mask_only_gains_or_only_loses():
    torch.manual_seed(0)
    masks = torch.full((200, 64, 64), 0.5)
    spoilt = spoil_masks(masks, 1.0)
    gains, loses = ((spoilt == value).flatten(1).float().mean(dim=1) for value in (1.0, 0.0))
    assert set(spoilt.unique().tolist()) == {0.0, 0.5, 1.0}
    assert not ((gains > 0) & (loses > 0)).any()
    assert (gains > 0).float().mean() == pytest.approx(0.5, abs=0.1)
    assert (loses > 0).float().mean() == pytest.approx(0.5, abs=0.1)
    assert (gains + loses).mean() == pytest.approx(1 / 8, abs=0.03)


@pytest.mark.parametrize("probability", [0.0, 0.25])
def test_as_many_as_the_probability_says_are_spoilt(probability):
    torch.manual_seed(0)
    masks = torch.full((400, 32, 32), 0.5)
    changed = (spoil_masks(masks, probability) != masks).flatten(1).any(dim=1)
    assert changed.float().mean() == pytest.approx(probability, abs=0.06)
    assert (masks == 0.5).all()
