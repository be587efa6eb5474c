import numpy as np
import pytest

from libs.utils.errors import DataError
from votTester.annotations import Annotation
from votTester.measures import NO_TAG, PUBLISHED_SEQUENCES, evaluate
from votTester.results import result_file, write_result
from votTester.trajectory import FAILED, INITIALIZED, SKIPPED, Trajectory

SQUARE = np.array([[10.0, 10.0], [30.0, 10.0], [30.0, 30.0], [10.0, 30.0]])
HALF = np.array([[20.0, 10.0], [40.0, 10.0], [40.0, 30.0], [20.0, 30.0]])
SHARED = 11 / 31


def annotation(name, length, **tags):
    return Annotation(name, [SQUARE] * length, (200, 100), {tag: np.array(values) for tag, values in tags.items()})


def store(folder, name, regions, repetition=1, seconds=None):
    write_result(result_file(folder, name, repetition), Trajectory(regions, seconds))


def perfect(length):
    return [INITIALIZED, *[SQUARE] * (length - 1)]


def lost(length):
    return ([INITIALIZED, FAILED, *[SKIPPED] * 4] * length)[:length]


def test_total_is_the_mean_over_frames_not_over_sequences(tmp_path):
    store(tmp_path, "a", perfect(11))
    store(tmp_path, "b", [INITIALIZED, *[HALF] * 12])
    result = evaluate(tmp_path, "x", "tiny", [annotation("a", 11), annotation("b", 13)])
    assert result.total.accuracy == pytest.approx((1 + 3 * SHARED) / 4)
    assert (result.total.frames, result.total.failures, result.total.robustness) == (24, 0, 0)
    assert np.isnan(result.total.fps)


def test_robustness_is_failures_per_hundred_frames(tmp_path):
    store(tmp_path, "a", [*perfect(11), FAILED, *[SKIPPED] * 4, INITIALIZED, *[SQUARE] * 3])
    total = evaluate(tmp_path, "x", "tiny", [annotation("a", 20)]).total
    assert (total.failures, total.robustness) == (1, 5.0)


def test_nothing_is_nan_when_every_start_fails_at_once(tmp_path):
    store(tmp_path, "a", lost(300))
    for dataset in ("tiny", "vot2018"):
        result = evaluate(tmp_path, "x", dataset, [annotation("a", 300)])
        assert np.isnan(result.total.accuracy)
        assert result.total.eao == 0
        assert np.isfinite(result.details.curve).all()


def test_nothing_is_nan_for_a_sequence_of_one_frame(tmp_path):
    store(tmp_path, "a", [INITIALIZED])
    assert evaluate(tmp_path, "x", "tiny", [annotation("a", 1)]).total.eao == 0


def test_times_give_frames_per_second(tmp_path):
    store(tmp_path, "a", perfect(4), seconds=np.array([0.5, 0.1, 0.2, np.nan]))
    assert evaluate(tmp_path, "x", "tiny", [annotation("a", 4)]).total.fps == pytest.approx(3 / 0.8)


def test_tags_pool_their_frames_over_the_sequences(tmp_path):
    regions = [INITIALIZED, *[SQUARE] * 10, HALF, FAILED, SKIPPED]
    store(tmp_path, "a", regions)
    store(tmp_path, "b", perfect(12))
    occlusion = [False] * 11 + [True] * 3
    annotations = [
        annotation("a", 14, occlusion=occlusion, size_change=[False] * 14),
        annotation("b", 12, occlusion=[True] * 12, size_change=[False] * 12),
    ]
    tags = evaluate(tmp_path, "x", "tiny", annotations).of_kind("tag")
    assert list(tags) == ["occlusion", NO_TAG]
    assert (tags["occlusion"].frames, tags["occlusion"].failures) == (15, 1)
    assert tags["occlusion"].accuracy == pytest.approx((SHARED + 2) / 3)
    assert (tags[NO_TAG].frames, tags[NO_TAG].failures, tags[NO_TAG].accuracy) == (11, 0, 1)


def test_repetitions_are_averaged(tmp_path):
    store(tmp_path, "a", perfect(12))
    store(tmp_path, "a", [*perfect(11), FAILED], repetition=2)
    total = evaluate(tmp_path, "x", "tiny", [annotation("a", 12)]).total
    assert (total.failures, total.frames, total.accuracy) == (0.5, 12, 1)


@pytest.mark.parametrize(
    ("dataset", "count", "interval"),
    [
        ("vot2018", PUBLISHED_SEQUENCES, (100, 356)),
        ("VOT2016", PUBLISHED_SEQUENCES, (108, 371)),
        ("vot2019", PUBLISHED_SEQUENCES, (46, 291)),
        ("mini", PUBLISHED_SEQUENCES, (1, 399)),
        ("vot2018", 3, (1, 399)),
    ],
)
def test_published_interval_for_a_whole_published_dataset_only(tmp_path, dataset, count, interval):
    """Fault 29 of the reference: 'vot2016' had no interval."""
    annotations = [annotation(f"s{index}", 400) for index in range(count)]
    for each in annotations:
        store(tmp_path, each.name, [INITIALIZED, *[SQUARE] * 200, FAILED, *[SKIPPED] * 198])
    result = evaluate(tmp_path, "x", dataset, annotations)
    assert result.details.eao_interval == interval
    assert ("not comparable" in result.notes[0]) == (interval[0] == 1)
    # Overlap 1 up to frame 200, then 0: the curve is 200 / n.
    frames = np.arange(interval[0], interval[1] + 1)
    assert result.total.eao == pytest.approx(np.minimum(1, 200 / frames).mean(), rel=1e-4)


def test_missing_sequences_are_told_and_the_rest_evaluated(tmp_path):
    store(tmp_path, "a", perfect(11))
    result = evaluate(tmp_path, "x", "tiny", [annotation("a", 11), annotation("b", 11)])
    assert (result.missing, list(result.of_kind("sequence"))) == (["b"], ["a"])


def test_no_results_at_all_is_an_error_naming_the_folder(tmp_path):
    with pytest.raises(DataError, match="holds no results"):
        evaluate(tmp_path / "gone", "x", "tiny", [annotation("a", 11)])
