import numpy as np
import pytest

from libs.utils.errors import DataError
from pytracking.analysis.ope import MEASURES, FrameErrors, concatenate, frame_errors, score, true_boxes
from pytracking.analysis.rules import MISSED, PRECISE, ScoringRules

NAN = [np.nan] * 4
TRUTH = [[0, 0, 10, 20]] * 4
# Overlaps 1, 1/3 (shifted by half its width), 1/2 (half as high), 0; distances 0, 5, 5, 50.
BOXES = [[0, 0, 10, 20], [5, 0, 10, 20], [0, 0, 10, 10], [30, 40, 10, 20]]


def numbers(score):
    return [score[name] for name in MEASURES]


def test_errors_of_each_frame():
    errors = frame_errors(BOXES, TRUTH)
    assert errors.overlap.tolist() == pytest.approx([1, 1 / 3, 1 / 2, 0])
    assert errors.distance.tolist() == [0, 5, 5, 50]
    # (5 / 10, 0), (0, 5 / 20), (30 / 10, 40 / 20)
    assert errors.normalised_distance.tolist() == pytest.approx([0, 0.5, 0.25, 13**0.5])
    assert errors.counted.all()
    assert errors.tracked.tolist() == [False, True, True, True]


def test_measures_by_hand():
    result = score([frame_errors(BOXES, TRUTH)])
    auc, precision, normalised, ao, sr50, sr75 = numbers(result)
    # Thresholds below each overlap, of 0, 0.05, ... 1: 20 below 1, 7 below 1/3 (0 to 0.3), 10 below 1/2, none below 0.
    assert auc == pytest.approx((20 + 7 + 10 + 0) / 4 / 21)
    assert precision == 0.75
    assert normalised == 0.25
    # Without the first frame: 1/3, 1/2, 0; one half is not above one half.
    assert ao == pytest.approx(5 / 18)
    assert (sr50, sr75) == (0, 0)
    assert result.curves["success"][0] == 0.75
    assert result.curves["success"][-1] == 0
    assert result.curves["precision"][[0, 4, 5, 50]].tolist() == [0.25, 0.25, 0.75, 1]
    assert result.curves["normalised_precision"][[24, 25, 49, 50]].tolist() == [0.25, 0.5, 0.5, 0.75]


def test_a_perfect_tracker_misses_only_the_threshold_1():
    assert numbers(score([frame_errors(TRUTH, TRUTH)])) == pytest.approx([20 / 21, 1, 1, 1, 1, 1])


def test_curves_are_means_of_sequences_and_overlaps_means_of_frames():
    good = frame_errors(TRUTH[:2], TRUTH[:2])
    bad = frame_errors([[30, 40, 10, 20]] * 4, TRUTH)
    auc, precision, _, ao, sr50, _ = numbers(score([good, bad]))
    assert auc == pytest.approx((20 / 21 + 0) / 2)
    assert precision == 0.5
    # One tracked frame of the good one, three of the bad one.
    assert (ao, sr50) == (0.25, 0.25)


def test_frames_without_the_target_are_left_out_or_misses():
    truth = [TRUTH[0], NAN, TRUTH[0], NAN]
    boxes = [TRUTH[0]] * 4
    assert numbers(score([frame_errors(boxes, truth)])) == pytest.approx([20 / 21, 1, 1, 1, 1, 1])
    missed = score([frame_errors(boxes, truth, ScoringRules(absent=MISSED))])
    assert numbers(missed) == pytest.approx([10 / 21, 0.5, 0.5, 1 / 3, 1 / 3, 1 / 3])
    precise = score([frame_errors(boxes, truth, ScoringRules(absent=PRECISE))])
    assert numbers(precise) == pytest.approx([10 / 21, 1, 1, 1 / 3, 1 / 3, 1 / 3])


def test_a_frame_without_a_reported_box_is_a_miss():
    errors = frame_errors([TRUTH[0], NAN], TRUTH[:2])
    assert errors.overlap.tolist() == [1, 0]
    assert errors.distance.tolist() == [0, np.inf]
    assert numbers(score([errors])) == pytest.approx([10 / 21, 0.5, 0.5, 0, 0, 0])


def test_nothing_to_score():
    errors = frame_errors(BOXES, TRUTH)
    assert score([]) is None
    assert score([errors.choose(np.zeros(4, dtype=bool))]) is None
    first = score([errors.choose(np.array([True, False, False, False]))])
    assert first["AUC"] == pytest.approx(20 / 21)
    assert np.isnan(first["AO"])


def test_sequences_without_a_counted_frame_do_not_count():
    errors = frame_errors(BOXES, TRUTH)
    alone = score([errors])
    both = score([errors, errors.choose(np.zeros(4, dtype=bool))])
    assert both["sequences"] == 1
    assert numbers(both) == numbers(alone)


def test_repeated_runs_follow_each_other():
    errors = concatenate([frame_errors(TRUTH, TRUTH), frame_errors(BOXES, TRUTH)])
    assert isinstance(errors, FrameErrors)
    assert errors.tracked.tolist() == [False, True, True, True] * 2
    chosen = errors.choose(np.array([False, False, False, True]))
    assert chosen.counted.tolist() == [False, False, False, True] * 2
    assert score([chosen])["AO"] == 0.5


def test_polygons_are_judged_by_their_bounding_box(make_sequence):
    sequence = make_sequence("a", [[5, 0, 10, 5, 5, 10, 0, 5], [1, 2, 3, 4], NAN])
    assert true_boxes(sequence)[:2].tolist() == [[0, 0, 10, 10], [1, 2, 3, 4]]
    assert np.isnan(true_boxes(sequence)[2]).all()


def test_numbers_of_boxes_must_agree():
    with pytest.raises(DataError, match="3 boxes cannot be compared to a ground truth of 4"):
        frame_errors(BOXES[:3], TRUTH)
