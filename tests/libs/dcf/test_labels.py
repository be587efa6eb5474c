import math

import pytest
import torch

from libs.dcf.labels import gaussian_labels, label_sigma, score_index


def test_even_kernel_centres_scores_on_cell_corners():
    points = torch.tensor([[128.0, 128.0], [136.0, 96.0]])  # x, y
    assert score_index(points, 16, (4, 4)).tolist() == [[8, 8], [6, 8.5]]  # row, column


def test_odd_kernel_centres_scores_on_cells():
    assert score_index(torch.tensor([[136.0, 8.0]]), 16, (3, 3)).tolist() == [[0, 8]]


def test_kernel_of_mixed_parity():
    assert score_index(torch.tensor([[32.0, 40.0]]), 16, (3, 4)).tolist() == [[2, 2]]


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
