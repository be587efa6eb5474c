import cmath

import numpy as np
import pytest
import torch

from libs.dcf.fourier import ScoreSampler, hann_window, interpolation_matrix


def direct_interpolation(samples, position):
    """The trigonometric sum over frequencies -K..K of the samples' DFT, term by term."""
    n = len(samples)
    total = 0
    for k in range(-(n // 2), n // 2 + 1):
        coefficient = sum(s * cmath.exp(-2j * cmath.pi * k * m / n) for m, s in enumerate(samples)) / n
        total += coefficient * cmath.exp(2j * cmath.pi * k * position / n)
    return total


@pytest.mark.parametrize("n", [5, 6])
def test_against_a_direct_sum(n):
    samples = np.random.default_rng(n).normal(size=n)
    positions = torch.tensor([0.0, 0.3, 2.5, 4.0, -1.25], dtype=torch.float64)
    ours = interpolation_matrix(n, positions) @ torch.from_numpy(samples)
    for value, position in zip(ours.tolist(), positions.tolist(), strict=True):
        expected = direct_interpolation(samples, position)
        assert abs(expected.imag) < 1e-12
        assert value == pytest.approx(expected.real)


def test_odd_number_of_cells_is_interpolated_exactly():
    positions = torch.arange(7, dtype=torch.float64)
    torch.testing.assert_close(interpolation_matrix(7, positions), torch.eye(7, dtype=torch.float64))


def test_nyquist_frequency_counts_twice():
    """Fault 23, kept: the alternating part of an even number of samples comes out doubled."""
    alternating = torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64)
    at_samples = interpolation_matrix(4, torch.arange(4, dtype=torch.float64))
    torch.testing.assert_close(at_samples @ alternating, 2 * alternating)
    constant = torch.ones(4, dtype=torch.float64)
    torch.testing.assert_close(at_samples @ constant, constant)


def test_window_by_hand():
    window = hann_window(4, torch.zeros((), dtype=torch.float64))
    assert window.tolist() == pytest.approx([0.25, 0.75, 1, 0.75])  # 0.5 * (1 + cos(pi * (2, 1, 0, 1) / 3))
    assert hann_window(256, window).min() > 0


@pytest.mark.parametrize(("kernel", "edge"), [((4, 4), 32), ((3, 3), 40)])
@pytest.mark.parametrize("upsample", [1, 2])
def test_peak_lies_where_the_score_is_on_the_crop(kernel, edge, upsample):
    """Score (2, 2): the corner before cell 2 for an even kernel, its centre for an odd one."""
    distance = torch.arange(5, dtype=torch.float64) - 2
    bump = torch.exp(-(distance**2) / 2)
    scores = bump[:, None] * bump
    sampled = ScoreSampler((5, 5), 16, kernel, upsample, windowed=False, like=scores)(scores)
    assert sampled.shape == (80 * upsample, 80 * upsample)
    assert divmod(int(sampled.argmax()), 80 * upsample) == (edge * upsample, edge * upsample)
    assert sampled.max().item() == pytest.approx(1)


def test_window_multiplies_the_scores():
    scores = torch.rand(4, 4, dtype=torch.float64)
    plain = ScoreSampler((4, 4), 16, (4, 4), 1, windowed=False, like=scores)(scores)
    windowed = ScoreSampler((4, 4), 16, (4, 4), 1, windowed=True, like=scores)(scores)
    window = hann_window(64, scores)
    torch.testing.assert_close(windowed, plain * window[:, None] * window)
