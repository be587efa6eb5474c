import math

import pytest
import torch

from libs.dcf.localization import Flag, Peak, Thresholds, judge_peaks, peak_numbers, read_peaks

DEFAULT = Thresholds(-1, 100, 0.3, 0.7)
BALANCED = Thresholds(-1, 0.8, 0.3, 0.5)  # with a (100, 100) map, "far" is over 25 points from (50, 50)


def score_map(*peaks):
    scores = torch.zeros(40, 60)
    for row, column, value in peaks:
        scores[row, column] = value
    return scores


def find_peaks(scores, neighbourhood):
    return read_peaks(peak_numbers(scores, neighbourhood).tolist(), scores.shape[1])


def test_peak_and_rival_by_hand():
    first, second = find_peaks(score_map((10, 20, 1.0), (12, 20, 0.9), (30, 50, 0.5)), (6, 6))
    assert first == Peak(1.0, 10, 20)
    assert second == Peak(0.5, 30, 50)


def test_neighbourhood_includes_both_ends():
    assert find_peaks(score_map((10, 20, 1.0), (13, 17, 0.9)), (6, 6))[1].score == 0
    assert find_peaks(score_map((10, 20, 1.0), (14, 20, 0.9)), (6, 6))[1] == Peak(pytest.approx(0.9), 14, 20)


def test_neighbourhood_at_the_border():
    assert find_peaks(score_map((0, 0, 1.0), (39, 59, 0.5)), (6, 6)) == (Peak(1.0, 0, 0), Peak(0.5, 39, 59))


def test_neighbourhood_over_the_whole_map_leaves_no_rival():
    assert find_peaks(score_map((10, 20, 1.0)), (200, 200)) == (Peak(1.0, 10, 20), None)


def test_rival_of_a_negative_map_is_negative():
    first, second = find_peaks(score_map((10, 20, 0.5)) - 1, (6, 6))
    assert (first.score, second.score) == (-0.5, -1)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (1.0, 0.2, Flag.FOUND),
        (1.0, 0.31, Flag.HARD_NEGATIVE),
        (-1.1, -1.2, Flag.NOT_FOUND),
        (-0.1, -0.2, Flag.UNCERTAIN),
        (0.0, 0.0, Flag.UNCERTAIN),
        (math.nan, math.nan, Flag.UNCERTAIN),
    ],
)
def test_flags_with_the_default_thresholds(first, second, expected):
    peak = Peak(first, 50, 50)
    assert judge_peaks(peak, Peak(second, 90, 90), (100, 100), DEFAULT) == (expected, peak)


def test_no_rival_is_found():
    peak = Peak(0.4, 50, 50)
    assert judge_peaks(peak, None, (100, 100), DEFAULT) == (Flag.FOUND, peak)


@pytest.mark.parametrize(
    ("first", "second", "expected", "followed"),
    [
        ((55, 50), (50, 90), Flag.HARD_NEGATIVE, 0),
        ((50, 90), (55, 50), Flag.HARD_NEGATIVE, 1),
        ((50, 90), (10, 50), Flag.UNCERTAIN, 0),
        ((55, 50), (45, 50), Flag.UNCERTAIN, 0),
    ],
    ids=["rival far", "peak far", "both far", "both near"],
)
def test_distractors(first, second, expected, followed):
    peaks = Peak(1.0, *first), Peak(0.9, *second)
    assert judge_peaks(*peaks, (100, 100), BALANCED) == (expected, peaks[followed])
