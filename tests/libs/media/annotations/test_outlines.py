"""Outlines of masks: a drawn outline restores the mask to the pixel, also in COCO's own program."""

import numpy as np
import pytest

from libs.media.annotations.outlines import draw_outlines, join_outlines, mask_outlines


def test_a_square_by_hand():
    mask = np.zeros((6, 8), dtype=bool)
    mask[1:4, 2:5] = True
    (outline,) = mask_outlines(mask)
    assert outline.tolist() == [[2, 1], [5, 1], [5, 4], [2, 4]]


def test_a_hole_is_joined_to_its_outline_by_a_cut():
    mask = np.ones((5, 5), dtype=bool)
    mask[2, 2] = False
    (outline,) = mask_outlines(mask)
    assert [2, 2] in outline.tolist()
    np.testing.assert_array_equal(draw_outlines([outline], (5, 5)), mask)


def test_an_empty_mask_has_no_outline():
    assert mask_outlines(np.zeros((4, 4), dtype=bool)) == []


@pytest.mark.parametrize("seed", range(20))
def test_noise_comes_back_to_the_pixel(seed):
    random = np.random.default_rng(seed)
    mask = random.random(random.integers(1, 24, 2)) < random.uniform(0.1, 0.9)
    outlines = mask_outlines(mask)
    np.testing.assert_array_equal(draw_outlines(outlines, mask.shape), mask)
    if outlines:
        np.testing.assert_array_equal(draw_outlines([join_outlines(outlines)], mask.shape), mask)
        tools = pytest.importorskip("pycocotools.mask")
        polygons = tools.frPyObjects([outline.ravel().tolist() for outline in outlines], *mask.shape)
        np.testing.assert_array_equal(tools.decode(tools.merge(polygons)).astype(bool), mask)
