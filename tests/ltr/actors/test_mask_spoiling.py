"""Spoilt masks: what grows and shrinks, what is added and removed, how much and how often."""

import math

import pytest
import torch

from ltr.actors.mask_spoiling import LARGEST_MARGIN, spoil_masks

SQUARE = torch.zeros(64, 64)
SQUARE[16:48, 16:48] = 1
"""32 x 32 pixels: a margin is at most a quarter of 32, 8 pixels."""


def spoilt_squares(count=400):
    torch.manual_seed(0)
    return spoil_masks(SQUARE.expand(count, -1, -1), 1.0)


def frame_of(margin):
    """The square with a margin of this many pixels; negative ones go inwards."""
    mask = torch.zeros(64, 64)
    mask[16 - margin : 48 + margin, 16 - margin : 48 + margin] = 1
    return mask


def test_a_quarter_each_grows_shrinks_gains_and_loses():
    largest = round(32 * LARGEST_MARGIN)
    margins = {margin: frame_of(margin) for margin in (*range(-largest, 0), *range(1, largest + 1))}
    counts = dict.fromkeys(("grown", "shrunken", "gained", "lost"), 0)
    found = set()
    for mask in spoilt_squares():
        margin = next((margin for margin, expected in margins.items() if torch.equal(mask, expected)), 0)
        found.add(margin)
        if margin:
            counts["grown" if margin > 0 else "shrunken"] += 1
        else:
            assert not ((mask > SQUARE).any() and (mask < SQUARE).any())
            counts["gained" if mask.sum() > SQUARE.sum() else "lost"] += 1
    assert found == {0, *margins}
    assert list(counts.values()) == pytest.approx([100] * 4, abs=30)


def test_parts_are_about_an_eighth_of_the_picture():
    torch.manual_seed(0)
    masks = torch.full((400, 64, 64), 0.5)
    spoilt = spoil_masks(masks, 1.0)
    assert set(spoilt.unique().tolist()) == {0.0, 0.5, 1.0}
    shares = (spoilt != 0.5).flatten(1).float().mean(dim=1)
    assert shares[shares > 0].mean() == pytest.approx(1 / 8, abs=0.03)


@pytest.mark.parametrize("probability", [0.0, 0.25])
def test_as_many_as_the_probability_says_are_spoilt(probability):
    torch.manual_seed(0)
    masks = SQUARE.repeat(400, 1, 1)
    changed = (spoil_masks(masks, probability) != masks).flatten(1).any(dim=1)
    assert changed.float().mean() == pytest.approx(probability, abs=0.06)
    assert torch.equal(masks, SQUARE.expand(400, -1, -1))


def test_an_empty_mask_and_half_precision_are_spoilt_too():
    spoilt = spoil_masks(torch.zeros(40, 32, 32, dtype=torch.float16), 1.0)
    assert spoilt.dtype == torch.float16
    assert spoilt.any()
    assert math.isfinite(spoilt.sum())
