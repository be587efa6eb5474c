"""Mean keys of a crop of 2 x 2 cells, by hand."""

import pytest
import torch

from libs.memory.likeness import Likeness

KEY = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]])
"""The keys of the cells top left, top right, bottom left, bottom right."""


def mask(*cells):
    """(4, 4), 1 on some of the four cells."""
    flat = torch.zeros(4)
    flat[list(cells)] = 1
    return flat.view(2, 2).repeat_interleave(2, 0).repeat_interleave(2, 1)


def likeness(*cells):
    known = Likeness()
    known.initialize(KEY, mask(*cells))
    return known


@pytest.mark.parametrize(
    ("cells", "cosine"), [((0,), 1.0), ((0, 1), 0.5**0.5), ((1,), 0.0), ((2,), -1.0), ((0, 2), 0.0), ((), 0.0)]
)
def test_the_cosine_of_the_mean_keys_of_two_masks(cells, cosine):
    assert likeness(0).of(KEY, mask(*cells)).item() == pytest.approx(cosine, abs=1e-6)


def test_the_mean_is_weighted_by_the_mask():
    """Cell 0 at 0.6, cell 1 at 0.8: the direction (0.6, 0.8)."""
    soft = 0.6 * mask(0) + 0.8 * mask(1)
    assert likeness(0).of(KEY, soft).item() == pytest.approx(0.6)


def test_the_nearest_of_the_annotated_looks_counts():
    known = likeness(0)
    known.learn(7, KEY, mask(1))
    assert known.of(KEY, mask(1)).item() == pytest.approx(1)
    assert known.of(KEY, mask(0)).item() == pytest.approx(1)
    known.initialize(KEY, mask(2))
    assert known.of(KEY, mask(1)).item() == pytest.approx(0, abs=1e-6)


def test_a_frame_that_is_annotated_again_has_its_last_look():
    """As after a correction by a box, which is remembered before it becomes a mask."""
    known = likeness(0)
    known.learn(7, KEY, mask(1))
    known.learn(7, KEY, mask(3))
    assert known.of(KEY, mask(1)).item() == pytest.approx(0, abs=1e-6)
    assert known.of(KEY, mask(3)).item() == pytest.approx(1)
