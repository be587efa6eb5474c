import numpy as np
import pytest

from libs.media.palette import DISTINCT, LEAST_LIGHT, LUMA, bright_colour, davis_palette


@pytest.mark.parametrize("number", range(1, 60))
def test_colours_that_are_drawn_can_be_seen_on_dark_pictures(number):
    colour = bright_colour(number)
    palette = np.array(DISTINCT[number - 1]) if number <= 7 else davis_palette()[number]
    light = max(LEAST_LIGHT, float(palette @ LUMA))
    assert float(colour @ LUMA) == pytest.approx(light, abs=1)
    # Of the same hue: the highest channel stays the highest.
    assert colour[palette.argmax()] == max(colour)


RED_BLIND = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)
GREEN_BLIND = np.array([[0.3673, 0.8606, -0.228], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]])
"""Machado, Oliveira and Fernandes (2009): linear RGB as people without one kind of cone see it."""


@pytest.mark.parametrize("sight", [np.eye(3), RED_BLIND, GREEN_BLIND])
def test_the_first_colours_can_be_told_apart_by_the_colour_blind(sight):
    linear = (np.array([bright_colour(number) for number in range(1, 8)]) / 255) ** 2.2
    seen = np.clip(linear @ sight.T, 0, 1) ** (1 / 2.2) * 255
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)[np.triu_indices(7, 1)]
    # The DAVIS palette's first seven come as close as 11.
    assert apart.min() > 29
