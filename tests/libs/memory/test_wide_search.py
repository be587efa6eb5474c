"""The filter over a whole frame, on the rendered images and colour features of `test_spatial.py`."""

import cv2
import numpy as np
import pytest

from libs.memory.wide_search import LARGEST_SIZE, search_frame
from tests.libs.memory.test_spatial import BOX, BOX_CENTRE, background, render, started, state_at

__all__ = ["background", "started"]
CELL = state_at().scale * 16
"""Image pixels in a cell of the features: the precision of places."""


def places(started, image, count=3, state=None):
    return [found.centre for found in search_frame(started, image, state or state_at(), count)]


@pytest.mark.parametrize("corner", [(100, 100), (20, 15), (250, 190)])
def test_the_target_is_found_wherever_it_is(started, background, corner):
    best = places(started, render(background, *corner))[0]
    assert best == pytest.approx(np.add(corner, (20, 15)), abs=CELL)


def test_each_of_two_copies_is_a_place_of_its_own(started, background):
    first, second = places(started, render(background, 30, 30, (230, 180)), count=2)
    corners = sorted([first.tolist(), second.tolist()])
    assert corners[0] == pytest.approx([50, 45], abs=CELL)
    assert corners[1] == pytest.approx([250, 195], abs=CELL)


def test_places_are_a_targets_size_apart_and_inside_the_frame(started, background):
    found = np.array(places(started, render(background, 150, 100), count=50))
    assert ((found >= 0) & (found <= (320, 240))).all()
    apart = np.abs(found[:, None] - found[None]) + 1000 * np.eye(len(found))[..., None]
    assert (np.maximum(apart[..., 0] / BOX[2], apart[..., 1] / BOX[3]) > 0.5).all()


def test_of_a_frame_that_is_too_large_what_is_around_the_last_place_is_searched(started, background):
    """Ten times as large as the crop may be: the target is found near the last place, but not at the far end."""
    scale = state_at().scale
    width = int(2.5 * LARGEST_SIZE * scale)
    wide = cv2.resize(background, (width, 240))
    near, far = render(wide, 160, 100), render(wide, width - 60, 100)
    last = state_at(BOX_CENTRE)
    assert places(started, near, 1, last)[0] == pytest.approx([180, 115], abs=CELL)
    assert places(started, far, 1, last)[0][0] < LARGEST_SIZE * scale
    assert places(started, far, 1, state_at((width - 100, 115)))[0] == pytest.approx([width - 40, 115], abs=CELL)
