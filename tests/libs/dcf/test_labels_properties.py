import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from libs.dcf.labels import gaussian_labels, label_sigma, score_index

positions = st.floats(-30, 50)
sigmas = st.floats(0.3, 20)
shapes = st.tuples(st.integers(1, 24), st.integers(1, 24))


@given(st.lists(st.tuples(positions, positions), min_size=1, max_size=4), shapes, sigmas)
def test_labels_are_the_formula(centres, shape, sigma):
    labels = gaussian_labels(torch.tensor(centres, dtype=torch.float64), shape, sigma).numpy()
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    for label, (row, column) in zip(labels, centres, strict=True):
        expected = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * sigma**2))
        np.testing.assert_allclose(label, expected, rtol=1e-9, atol=1e-300)


@given(st.tuples(st.floats(0, 19), st.floats(0, 19)), sigmas)
def test_a_label_peaks_at_its_centre_and_falls_to_all_sides(centre, sigma):
    (label,) = gaussian_labels(torch.tensor([centre]), (20, 20), sigma)
    assert label.min() >= 0
    assert label.max() <= 1
    row, column = divmod(int(label.argmax()), 20)
    assert max(abs(row - centre[0]), abs(column - centre[1])) <= 0.5 + 1e-4
    assert (label[row].diff()[column:] <= 0).all()
    assert (label[row].diff()[:column] >= 0).all()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=4), st.integers(1, 3), sigmas)
def test_a_shifted_centre_shifts_the_label(centres, shift, sigma):
    centres = torch.tensor(centres, dtype=torch.float64)
    labels = gaussian_labels(centres, (16, 16), sigma)
    shifted = gaussian_labels(centres + shift, (16, 16), sigma)
    torch.testing.assert_close(shifted[:, shift:, shift:], labels[:, :-shift, :-shift])


@given(positions, positions, st.sampled_from([4, 8, 16]), st.tuples(st.integers(1, 6), st.integers(1, 6)))
def test_score_index_is_affine_in_the_point(x, y, stride, kernel):
    points = torch.tensor([[x, y], [x + stride, y + 2 * stride]], dtype=torch.float64)
    first, second = score_index(points, stride, kernel)
    torch.testing.assert_close(second - first, torch.tensor([2.0, 1.0], dtype=torch.float64))
    expected = [y / stride - (0.5 if kernel[0] % 2 else 0), x / stride - (0.5 if kernel[1] % 2 else 0)]
    torch.testing.assert_close(first, torch.tensor(expected, dtype=torch.float64))


@given(st.floats(1, 500), st.floats(1, 500), st.floats(0.05, 1))
def test_sigma_depends_on_the_area_alone(width, height, factor):
    sigma = label_sigma((width, height), 16, factor)
    assert math.isclose(sigma, label_sigma((height, width), 16, factor))
    assert math.isclose((sigma * 16 / factor) ** 2, width * height)
