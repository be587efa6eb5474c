"""The reset protocol and its measures, compared with cases worked out by hand."""

import numpy as np
import pytest
from vot.stack import Stack, resolve_stack

from pytracking.tracker.static.static import Static
from votTester.annotations import Annotation, annotate
from votTester.measures import EAO_INTERVALS
from votTester.reference_trackers import OracleTracker
from votTester.toolkit import resets
from votTester.trajectory import BURN_IN, FAILED, INITIALIZED, SKIPPED, SKIPPED_FRAMES, Trajectory

ELSEWHERE = np.array([[90.0, 60.0], [110.0, 60.0], [110.0, 75.0], [90.0, 75.0]])


class Missing(OracleTracker):
    """Returns the truth, except in some frames."""

    def __init__(self, sequence, answers):
        super().__init__([sequence])
        self.answers, self.length, self.started = answers, len(sequence), []

    def init(self, image, state, name):
        super().init(image, state, name)
        self.index = self.length - 1 - len(list(self._coming))
        self.started.append(self.index)
        super().init(image, state, name)

    def update(self, image):
        self.index += 1
        truth = super().update(image)
        return self.answers.get(self.index, truth)


def square(left, side=20.0):
    return np.array([[left, 10.0], [left + side, 10.0], [left + side, 10.0 + side], [left, 10.0 + side]])


def annotation_of(length, lefts=None):
    return Annotation("a", [square(left) for left in (lefts or [10.0] * length)], (200, 100), {})


def run(tracker, sequence):
    return resets.run_supervised(tracker, sequence, annotate(sequence), lambda index: None)


def codes(trajectory):
    return "".join(str(region) if isinstance(region, int) else "." for region in trajectory.regions)


def test_numbers_are_those_of_the_toolkits_own_vot2018_stack():
    baseline = Stack.read(resolve_stack("vot2018/shortterm")).experiments["baseline"]
    assert baseline.skip_initialize == SKIPPED_FRAMES
    ((low, high),) = [(analysis.low, analysis.high) for analysis in baseline.analyses if hasattr(analysis, "low")]
    assert (low, high) == EAO_INTERVALS["vot2018"]


def test_oracle_never_fails(make_sequence):
    sequence = make_sequence("a", frames=12)
    trajectory = run(OracleTracker([sequence]), sequence)
    assert codes(trajectory) == "1..........."
    np.testing.assert_array_equal(resets.frame_overlaps(trajectory, annotate(sequence))[1:], 1)
    assert np.isfinite(trajectory.seconds).all()


def test_restart_five_frames_after_a_failure(make_sequence):
    sequence = make_sequence("a", frames=20)
    tracker = Missing(sequence, {3: ELSEWHERE, 17: ELSEWHERE})
    frames = []
    trajectory = resets.run_supervised(tracker, sequence, annotate(sequence), frames.append)
    assert codes(trajectory) == "1..200001........200"
    assert tracker.started == [0, 8]
    assert frames == [0, 1, 2, 3, *range(8, 18)]
    assert np.flatnonzero(np.isnan(trajectory.seconds)).tolist() == [4, 5, 6, 7, 18, 19]


@pytest.mark.parametrize("answer", [None, [np.nan] * 4, [np.nan] * 8])
def test_no_region_is_a_failure(make_sequence, answer):
    sequence = make_sequence("a", frames=8)
    assert codes(run(Missing(sequence, {2: answer}), sequence)) == "1.200001"


def test_static_tracker_fails_when_the_target_has_left_it(make_sequence):
    # 20 pixels wide, 5 a frame. A raster polygon holds both its edges (21 columns), so 4 frames on one is shared.
    sequence = make_sequence("a", frames=12, step=5.0)
    assert codes(run(Static(), sequence)) == "1....200001."


def test_frames_outside_the_image_are_tracked_but_not_judged(make_sequence):
    sequence = make_sequence("a", frames=10)
    hidden = [*sequence.polygons]
    hidden[4] = hidden[5] = np.array([[500.0, 10.0], [520.0, 10.0], [520.0, 30.0], [500.0, 30.0]])
    annotation = Annotation("a", hidden, (120, 80), {})
    seen = []
    tracker = Missing(sequence, {4: None, 5: ELSEWHERE})
    trajectory = resets.run_supervised(tracker, sequence, annotation, seen.append)
    assert seen == list(range(10))
    assert codes(trajectory) == "1...00...."
    assert resets.accuracy(trajectory, annotation, None) == (0, 0)
    (piece,) = resets.fragments(trajectory, annotation, resets.frame_overlaps(trajectory, annotation))
    assert piece[0].tolist() == [0, *[1] * 7]
    assert not piece[1]


def test_overlap_of_rasterised_polygons():
    # 21 x 21 pixels each (both edges belong to a raster polygon), shifted by 10: 11 columns of 31 are shared.
    annotation = annotation_of(2)
    overlaps = resets.frame_overlaps(Trajectory([INITIALIZED, square(20.0)]), annotation)
    np.testing.assert_allclose(overlaps, [0, 11 / 31])


def test_overlap_counts_inside_the_image_only():
    annotation = Annotation("a", [square(-15.0)] * 2, (200, 100), {})
    # Columns 0..5 of the truth are visible, 0..10 of the region.
    overlaps = resets.frame_overlaps(Trajectory([INITIALIZED, square(-10.0)]), annotation)
    np.testing.assert_allclose(overlaps[1], 6 / 11)


def test_accuracy_leaves_out_burn_in_failures_and_skipped_frames():
    """Frames 1-9 burn in; 10-13 count (overlap 1); 14 fails, 15-18 skipped; 19 restart, 20-28 burn in; 29 counts."""
    regions = [INITIALIZED, *[square(20.0)] * 9, *[square(10.0)] * 4, FAILED, *[SKIPPED] * 4]
    regions += [INITIALIZED, *[square(10.0)] * 9, square(20.0)]
    mean, count = resets.accuracy(Trajectory(regions), annotation_of(30))
    assert BURN_IN == 10
    assert count == 5
    np.testing.assert_allclose(mean, (4 * 1 + 11 / 31) / 5)


def test_accuracy_over_chosen_frames_keeps_the_burn_in():
    regions = [INITIALIZED, *[square(10.0)] * 11, *[square(20.0)] * 3]
    frames = np.zeros(15, dtype=bool)
    frames[[5, 11, 12]] = True
    mean, count = resets.accuracy(Trajectory(regions), annotation_of(15), frames)
    assert count == 2
    np.testing.assert_allclose(mean, (1 + 11 / 31) / 2)


def test_accuracy_without_a_frame_that_counts():
    assert resets.accuracy(Trajectory([INITIALIZED, square(10.0)]), annotation_of(2)) == (0, 0)


def test_fragments_from_start_to_failure():
    regions = [INITIALIZED, *[square(10.0)] * 2, FAILED, *[SKIPPED] * 4, INITIALIZED, *[square(10.0)] * 3]
    pieces = resets.fragments(Trajectory(regions), annotation_of(12), np.arange(12) / 100)
    assert [(piece.tolist(), failed) for piece, failed in pieces] == [
        ([0, 0.01, 0.02], True),
        ([0.08, 0.09, 0.1, 0.11], False),
    ]


@pytest.mark.parametrize(("length", "failed"), [(8, True), (7, False)])
def test_failure_too_late_for_a_restart_ends_the_fragment_without_failing(length, failed):
    regions = [INITIALIZED, square(10.0), square(10.0), FAILED, SKIPPED, SKIPPED, SKIPPED, SKIPPED][:length]
    ((_, is_failed),) = resets.fragments(Trajectory(regions), annotation_of(length), np.zeros(length))
    assert is_failed is failed


def test_eao_curve_by_hand():
    """Two pieces: one fails after frames of 0.8 and 0.6; one ends, unfailed, after frames of 1.0, 0.5 and 0.3.

    n=1: (0.8 + 1.0) / 2; n=2: (0.7 + 0.75) / 2; n=3: (1.4 / 3 + 1.8 / 3) / 2; from n=4 the second has ended, so only
    the failed one counts, with zeros: 1.4 / 4, 1.4 / 5.
    """
    pieces = [(np.array([0.0, 0.8, 0.6]), True), (np.array([0.0, 1.0, 0.5, 0.3]), False)]
    expected = [0, 0.9, 0.725, 3.2 / 6, 1.4 / 4, 1.4 / 5]
    np.testing.assert_allclose(resets.eao_curve(pieces, 6), expected, rtol=1e-6)


def test_eao_curve_of_runs_that_all_fail_early_has_no_gap():
    curve = resets.eao_curve([(np.array([0.0, 0.5]), True)], 400)
    assert len(curve) == 400
    np.testing.assert_allclose(curve[1:], 0.5 / np.arange(1, 400), rtol=1e-6)
