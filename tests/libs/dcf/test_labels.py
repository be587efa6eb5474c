import math

import pytest
import torch

from libs.dcf.labels import gaussian_labels, label_sigma, score_index, score_points


def test_even_kernel_centres_scores_on_cell_corners():
    points = torch.tensor([[128.0, 128.0], [136.0, 96.0]])  # x, y
    assert score_index(points, 16, (4, 4)).tolist() == [[8, 8], [6, 8.5]]  # row, column


def test_odd_kernel_centres_scores_on_cells():
    assert score_index(torch.tensor([[136.0, 8.0]]), 16, (3, 3)).tolist() == [[0, 8]]


def test_kernel_of_mixed_parity():
    assert score_index(torch.tensor([[32.0, 40.0]]), 16, (3, 4)).tolist() == [[2, 2]]


def test_score_points_lie_at_the_corners_of_cells_or_at_their_middles_where_the_kernel_is_odd():
    assert score_points((2, 3), 16, (4, 4))[1].tolist() == [[0, 16], [16, 16], [32, 16]]  # x, y
    assert score_points((2, 2), 16, (3, 4))[0].tolist() == [[0, 8], [16, 8]]


def test_score_index_returns_from_points():
    points = torch.as_tensor(score_points((3, 4), 16, (3, 4)).reshape(-1, 2))
    assert score_index(points, 16, (3, 4)).reshape(3, 4, 2)[2, 1].tolist() == [2, 1]


def test_label_by_hand():
    label = gaussian_labels(torch.tensor([[1.0, 2.0]]), (3, 4), sigma=0.5)[0]
    assert label.shape == (3, 4)
    assert label[1, 2] == 1
    assert label[0, 2].item() == pytest.approx(math.exp(-2))
    assert label[2, 3].item() == pytest.approx(math.exp(-4))
    assert label[1, 0].item() == pytest.approx(math.exp(-8))


def test_label_outside_the_map_and_between_cells():
    labels = gaussian_labels(torch.tensor([[-1.0, 0.0], [0.5, 0.0]]), (2, 1), sigma=1.0)
    assert labels[0, :, 0].tolist() == pytest.approx([math.exp(-0.5), math.exp(-2)])
    assert labels[1, 0, 0] == labels[1, 1, 0]


def test_label_width_is_that_of_the_mean_side():
    assert label_sigma((64, 16), stride=16, output_sigma_factor=0.25) == pytest.approx(0.5)


def test_first_labels_recorded_from_the_released_tracker():
    """Target of 80 x 60 pixels centred at (170.2, 112.4), cropped around the whole pixel (170, 112) with a factor 4.5.

    The crop has 256 pixels, the kernel an even size; the second label is that of a shift by 32 crop pixels.
    """
    scale = math.sqrt(80 * 60) * 4.5 / 256
    sigma = label_sigma((80 / scale, 60 / scale), 16, 0.25)
    assert sigma == pytest.approx(0.888888955)
    centre = torch.tensor([128 + 0.2 / scale, 128 + 0.4 / scale])
    labels = gaussian_labels(score_index(torch.stack([centre, centre + 32]), 16, (4, 4)), (16, 16), sigma)
    expected = [[0.27119172, 0.51730299, 0.27832973], [0.52406687, 0.99966675, 0.53786081]]
    for row, values in zip(labels[0, 7:9, 7:10].tolist(), expected, strict=True):
        assert row == pytest.approx(values, abs=1e-6)
    assert labels[1, 10, 9:12].tolist() == pytest.approx(expected[1], abs=1e-6)
