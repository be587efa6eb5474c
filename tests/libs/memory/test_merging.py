import numpy as np
import pytest
import torch

from libs.memory.merging import merge_targets
from libs.models.aggregation import soft_aggregation
from libs.utils.crops import CropWindow

# The left and the right half of an image of 8 x 4, sampled as they are.
LEFT, RIGHT, SHAPE = CropWindow(0, 0, 4, 4), CropWindow(4, 0, 4, 4), (4, 8, 3)


def test_a_target_alone_shares_nothing():
    assert merge_targets({1: (torch.full((4, 4), 0.5), LEFT)}, {}) == {}


def test_shares_of_two_by_hand():
    """Odds 0.8/0.2 = 4 and 0.5/0.5 = 1 of the targets, 0.1/0.9 = 1/9 of the background, over their sum 46/9."""
    segmented = {7: (torch.full((4, 4), 0.8), LEFT), 2: (torch.full((4, 4), 0.5), LEFT)}
    merged = merge_targets(segmented, {})
    expected = torch.tensor([1, 36, 9]) / 46
    torch.testing.assert_close(merged[7].values[:, 1, 2], expected)
    torch.testing.assert_close(merged[2].values[:, 3, 0], expected[[0, 2, 1]])
    assert merged[7].values.shape == (3, 4, 4)


def test_a_target_that_is_alone_in_its_crop_shares_nothing_either():
    segmented = {1: (torch.full((4, 4), 0.8), LEFT), 2: (torch.full((4, 4), 0.9), RIGHT)}
    assert merge_targets(segmented, {}) == {}
    segmented[3] = (torch.full((4, 4), 0.05), LEFT)
    merged = merge_targets(segmented, {})
    # 3 is seen nowhere, so 1 is alone; but where 3 is looked for, 1 is present and 2 is not.
    assert list(merged) == [1, 3]
    assert {number: bool(shares.shared) for number, shares in merged.items()} == {1: False, 3: True}
    torch.testing.assert_close(merged[1].values[:2], torch.tensor([0.2, 0.8]).view(2, 1, 1).expand(2, 4, 4))
    assert merged[1].values[2].max() < 1e-6
    assert merged[3].values.shape == (3, 4, 4)


def test_crops_are_brought_into_each_other_as_through_the_image():
    """A ramp, which bilinear sampling keeps exact: 1/16 of the image's column, in crops of other places and scales."""
    one, other = CropWindow(8, 8, 32, 32), CropWindow(4.5, 6, 40, 20)
    columns = [window.x + (np.arange(window.size) + 0.5) * window.scale for window in (one, other)]
    ramps = [torch.from_numpy(np.tile(column / 64, (len(column), 1))).float() for column in columns]
    merged = merge_targets({1: (torch.zeros(32, 32), one), 2: (ramps[1], other)}, {})
    expected = soft_aggregation(torch.stack([torch.zeros(32, 32), ramps[0]]))
    torch.testing.assert_close(merged[1].values, expected, atol=1e-5, rtol=1e-5)


def test_a_finer_crop_is_averaged_where_it_comes_into_a_coarser_one():
    """Columns of 0 and 0.5 in turn, four of them in a pixel of the coarse crop: 0.25 inside, nothing outside."""
    fine = torch.tensor([0.0, 0.5]).repeat(16, 8)
    coarse = CropWindow(0, 0, 16, 16)
    merged = merge_targets({1: (torch.zeros(16, 16), coarse), 2: (fine, CropWindow(4, 4, 4, 16))}, {})
    share = merged[1].values[2]
    assert share[5, 5] == pytest.approx(float(soft_aggregation(torch.tensor([[[0.0]], [[0.25]]]))[2]), abs=1e-6)
    assert share[10:].max() < 1e-6


def test_an_annotated_target_takes_its_pixels():
    mask = np.zeros(SHAPE[:2], dtype=bool)
    mask[:2] = True
    merged = merge_targets({1: (torch.full((4, 4), 0.9), LEFT)}, {5: mask})
    assert list(merged) == [1]
    assert merged[1].values[1, :2].max() < 1e-5
    assert merged[1].values[1, 2:].min() > 0.9


def test_shares_sum_to_one_between_crops_of_different_scales():
    generator = torch.Generator().manual_seed(0)
    windows = (CropWindow(0, 0, 4, 16), CropWindow(1.5, -1, 7, 8), CropWindow(3, 1, 5, 32))
    segmented = {n: (torch.rand(w.size, w.size, generator=generator), w) for n, w in enumerate(windows, start=1)}
    for number, (shares, _) in merge_targets(segmented, {}).items():
        assert shares.shape == (4, *segmented[number][0].shape)
        assert shares.sum(dim=0).numpy() == pytest.approx(1, abs=1e-5)
