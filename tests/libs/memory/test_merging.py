import numpy as np
import pytest
import torch

from libs.memory.merging import merge_targets
from libs.utils.crops import CropWindow

# The left and the right half of an image of 8 x 4, sampled as they are.
LEFT, RIGHT, SHAPE = CropWindow(0, 0, 4, 4), CropWindow(4, 0, 4, 4), (4, 8, 3)


def test_a_target_alone_shares_nothing():
    assert merge_targets({1: (torch.full((4, 4), 0.5), LEFT)}, {}, SHAPE) == {}


def test_shares_of_two_by_hand():
    """Odds 0.8/0.2 = 4 and 0.5/0.5 = 1 of the targets, 0.1/0.9 = 1/9 of the background, over their sum 46/9."""
    segmented = {7: (torch.full((4, 4), 0.8), LEFT), 2: (torch.full((4, 4), 0.5), LEFT)}
    merged = merge_targets(segmented, {}, SHAPE)
    expected = torch.tensor([1, 36, 9]) / 46
    torch.testing.assert_close(merged[7][:, 1, 2], expected)
    torch.testing.assert_close(merged[2][:, 3, 0], expected[[0, 2, 1]])
    assert merged[7].shape == (3, 4, 4)


def test_a_target_that_is_alone_in_its_crop_shares_nothing_either():
    segmented = {1: (torch.full((4, 4), 0.8), LEFT), 2: (torch.full((4, 4), 0.9), RIGHT)}
    assert merge_targets(segmented, {}, SHAPE) == {}
    segmented[3] = (torch.full((4, 4), 0.05), LEFT)
    merged = merge_targets(segmented, {}, SHAPE)
    # 3 is seen nowhere, so that 1 is alone; but where it is looked for, 1 is, and 2 is not.
    assert list(merged) == [3]
    assert merged[3].shape == (3, 4, 4)


def test_an_annotated_target_takes_its_pixels():
    mask = np.zeros(SHAPE[:2], dtype=bool)
    mask[:2] = True
    merged = merge_targets({1: (torch.full((4, 4), 0.9), LEFT)}, {5: mask}, SHAPE)
    assert list(merged) == [1]
    assert merged[1][1, :2].max() < 1e-5
    assert merged[1][1, 2:].min() > 0.9


def test_shares_sum_to_one_between_crops_of_different_scales():
    generator = torch.Generator().manual_seed(0)
    windows = (CropWindow(0, 0, 4, 16), CropWindow(1.5, -1, 7, 8), CropWindow(3, 1, 5, 32))
    segmented = {n: (torch.rand(w.size, w.size, generator=generator), w) for n, w in enumerate(windows, start=1)}
    for number, shares in merge_targets(segmented, {}, SHAPE).items():
        assert shares.shape == (4, *segmented[number][0].shape)
        assert shares.sum(dim=0).numpy() == pytest.approx(1, abs=1e-5)
