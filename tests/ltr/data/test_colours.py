"""Colours of a clip: what each of the four changes does, by hand."""

import colorsys

import numpy as np
import pytest
import torch

from ltr.data import colours
from ltr.data.colours import LUMA, ColourRanges, jitter_colours, random_colours

MEAN = np.array([100.0, 100.0, 100.0])


def mapped(ranges, colour, draws, monkeypatch):
    """A colour under the map that is drawn with these places (0..1) in the ranges of the three factors and the hue."""
    places = iter(draws)
    monkeypatch.setattr(colours, "_uniform", lambda low, high: low + next(places) * (high - low))
    return (random_colours(ranges, MEAN) @ [*colour, 1])[:3]


def test_nothing_changes_without_ranges():
    np.testing.assert_allclose(random_colours(ColourRanges(), MEAN), np.eye(4), atol=1e-12)


@pytest.mark.parametrize(
    ("ranges", "draws", "expected"),
    [
        (ColourRanges(brightness=0.5), (1, 0, 0, 0), (180, 60, 30)),
        (ColourRanges(contrast=0.5), (0, 0, 0, 0), (110, 70, 60)),  # halfway to the grey of 100
        (ColourRanges(brightness=0.5, contrast=0.5), (1, 0, 0, 0), (165, 105, 90)),  # halfway to that of 150
        (ColourRanges(saturation=1.0), (0, 0, 0, 0), (61.64, 61.64, 61.64)),  # 0.299 * 120 + 0.587 * 40 + 0.114 * 20
        (ColourRanges(grey=1.0), (0, 0, 0, 0), (61.64, 61.64, 61.64)),
    ],
)
def test_each_change_by_hand(ranges, draws, expected, monkeypatch):
    np.testing.assert_allclose(mapped(ranges, (120, 40, 20), draws, monkeypatch), expected, atol=1e-9)


def test_hue_turns_as_the_colour_circle_does_and_keeps_the_grey(monkeypatch):
    colour = np.array([120.0, 90, 60])
    turned = mapped(ColourRanges(hue=0.05), colour, (0, 0, 0, 1), monkeypatch)
    assert LUMA @ turned == pytest.approx(LUMA @ colour, abs=0.05)
    hues = [colorsys.rgb_to_hsv(*(value / 255))[0] for value in (colour, turned)]
    assert abs(abs(hues[1] - hues[0]) - 0.05) < 0.015
    np.testing.assert_allclose(mapped(ColourRanges(hue=0.05), MEAN, (0, 0, 0, 1), monkeypatch), MEAN, atol=0.05)


def test_a_clip_is_changed_alike_and_each_frame_a_little_more():
    rng = np.random.default_rng(0)
    images = np.tile(rng.integers(60, 190, (1, 32, 32, 3), dtype=np.uint8), (4, 1, 1, 1))
    torch.manual_seed(3)
    changed = jitter_colours(images)
    assert changed.shape == images.shape
    assert changed.dtype == np.uint8
    means = changed.mean(axis=(1, 2))
    assert np.ptp(means, axis=0).max() < 0.2 * 130  # between frames
    torch.manual_seed(3)
    assert np.array_equal(jitter_colours(images), changed)
    torch.manual_seed(4)
    assert not np.array_equal(jitter_colours(images), changed)


def test_factors_reach_as_far_as_their_ranges_and_no_further():
    torch.manual_seed(0)
    factors = [random_colours(ColourRanges(brightness=0.3), MEAN)[0, 0] for _ in range(400)]
    assert 0.7 <= min(factors) < 0.72
    assert 1.28 < max(factors) <= 1.3
