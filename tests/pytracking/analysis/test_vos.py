import numpy as np
import pytest

from libs.dataset.object_sequences import object_sequences
from libs.dataset.readers.video_segmentation import load_youtube_vos
from libs.utils.errors import DataError
from pytracking.analysis.vos import MEASURES, Statistics, average, object_score, statistics
from pytracking.evaluation.protocols.vos import VOS


def compare_segmentations(sequences, root, trackers):
    runs = {name: sorted((root / name).parent.glob(f"{(root / name).name}*")) for name in trackers}
    return {each.label: each.scores for each in VOS().evaluate(runs, "tiny", sequences)}


def numbers(score):
    return [score[name] for name in MEASURES]


def square(column, size=20, row=10):
    mask = np.zeros((48, 64), dtype=bool)
    mask[row : row + size, column : column + size] = True
    return mask


def test_mean_and_recall_by_hand():
    result = statistics([1.0, 0.5, 0.6, 0.1])
    assert result.mean == pytest.approx(0.55)
    # One half is not above one half.
    assert result.recall == 0.5


@pytest.mark.parametrize(
    ("values", "decay"),
    [
        # Limits of 8 frames: 1, 2.75, 4.5, 6.25, 8, rounded 1, 3, 5, 6, 8: frames 1 to 3 less frames 6 to 8.
        ([1, 1, 0.7, 0, 0, 0.3, 0.3, 0], 0.9 - 0.2),
        # Of 5 frames: 1, 2, 3, 4, 5: frames 1, 2 less frames 4, 5.
        ([0.8, 0.6, 0, 0.2, 0.4], 0.7 - 0.3),
        # Of 3 frames: 1, 1.5, 2, 2.5, 3, rounded half up 1, 2, 2, 3, 3: frames 1, 2 less frame 3.
        ([0.9, 0.5, 0.2], 0.7 - 0.2),
        ([0.4], 0.0),
    ],
)
def test_decay_by_hand(values, decay):
    assert statistics(values).decay == pytest.approx(decay)


def test_average_over_objects():
    scores = [
        object_score("a", Statistics(1, 1, 0), Statistics(0, 0, 0.5)),
        object_score("b", *[Statistics(0, 1, 0.5)] * 2),
    ]
    total = average(scores)
    assert total.name == "total"
    assert numbers(total) == [0.25, 0.5, 1, 0.25, 0, 0.5, 0.5]


def test_first_and_last_frame_are_left_out(tmp_path, make_sequence, write_masks):
    truth = [square(10)] * 4
    sequence = make_sequence("a", [[10, 10, 20, 20]] * 4, masks=truth)
    # The frames that count overlap by 400 and by 10 x 20 of 30 x 20 pixels.
    write_masks("t/p", "a", [square(40), square(10), square(20), square(40)])
    ((score, total),) = compare_segmentations([sequence], tmp_path / "results", ["t/p"]).values()
    assert score.name == "a"
    assert score["J mean"] == pytest.approx((1 + 1 / 3) / 2)
    assert score["J recall"] == 0.5
    assert score["J decay"] == pytest.approx(1 - 1 / 3)
    # Boundaries: all in the first; those of both squares have 20 of each side, moved by 10, more than a pixel.
    assert score["F mean"] < 1
    assert score["F recall"] == 0.5
    assert numbers(total) == numbers(score)


def test_objects_of_a_video_are_scored_apart(tmp_path, write_objects, write_masks):
    truth = np.zeros((12, 16), dtype=np.uint8)
    truth[2:6, 2:6], truth[6:8, 2:6] = 1, 2
    folder = write_objects("v", {f"{index:05d}": truth for index in range(3)})
    sequences = object_sequences(load_youtube_vos(folder))
    # The first object is found as it is, half of the second is missed.
    found = truth.copy()
    found[7] = 0
    write_masks("t/p", "v", [found] * 3)
    first, second, total = compare_segmentations(sequences, tmp_path / "results", ["t/p"])["t/p"]
    assert (first.name, second.name) == ("v-1", "v-2")
    assert numbers(first) == [1, 1, 1, 0, 1, 1, 0]
    assert second["J mean"] == total["J mean"] * 2 - 1 == 0.5


def test_repeated_runs_are_averaged(tmp_path, make_sequence, write_masks):
    sequence = make_sequence("a", [[10, 10, 20, 20]] * 3, masks=[square(10)] * 3)
    write_masks("t/p_000", "a", [square(10)] * 3)
    write_masks("t/p_001", "a", [square(40)] * 3)
    ((score, _),) = compare_segmentations([sequence], tmp_path / "results", ["t/p"]).values()
    assert numbers(score) == [0.5, 0.5, 0.5, 0, 0.5, 0.5, 0]


def test_without_ground_truth_there_is_nothing_to_score(tmp_path, make_sequence, write_masks):
    sequence = make_sequence("a", [[10, 10, 20, 20]] * 3, masks=[square(10), None, None])
    write_masks("t/p", "a", [square(10)] * 3)
    with (
        pytest.warns(UserWarning, match="a is left out: it has no mask to compare to but its first"),
        pytest.raises(DataError, match="no object has a mask between its first frame and its video's last"),
    ):
        compare_segmentations([sequence], tmp_path / "results", ["t/p"])


def test_an_object_with_nothing_to_score_is_left_out_and_the_table_made(tmp_path, make_sequence, write_masks):
    seen = make_sequence("a", [[10, 10, 20, 20]] * 3, masks=[square(10)] * 3)
    single = make_sequence("b", [[10, 10, 20, 20]] * 3, masks=[square(10), None, None])
    for name in ("a", "b"):
        write_masks("t/p", name, [square(10)] * 3)
    with pytest.warns(UserWarning, match="b is left out"):
        scores = compare_segmentations([seen, single], tmp_path / "results", ["t/p"])["t/p"]
    assert [score.name for score in scores] == ["a", "total"]


def test_void_pixels_count_for_nothing(tmp_path, write_objects, write_masks):
    truth = np.zeros((12, 16), dtype=np.uint8)
    truth[2:6, 2:6], truth[6:8, 2:6], truth[11, 15] = 1, 255, 2
    folder = write_objects("v", {f"{index:05d}": truth for index in range(3)})
    write_masks("t/p", "v", [np.where(truth == 255, 1, truth)] * 3)
    sequences = object_sequences(load_youtube_vos(folder))
    first, _, _ = compare_segmentations(sequences, tmp_path / "results", ["t/p"])["t/p"]
    assert list(first.values.values()) == [1, 1, 1, 0, 1, 1, 0]


def test_a_comparison_is_over_the_videos_that_all_have_finished(tmp_path, make_sequence, write_masks):
    both = [make_sequence(name, [[10, 10, 20, 20]] * 3, masks=[square(10)] * 3) for name in ("a", "b")]
    runs = {
        "whole": [write_masks("whole/p", "a", [square(40)] * 3)],
        "part": [write_masks("part/p", "b", [square(10)] * 3)],
    }
    write_masks("whole/p", "b", [square(10)] * 3)
    for evaluation in VOS().evaluate(runs, "tiny", both):
        assert list(evaluation.of_kind("object")) == ["b"]
        assert evaluation.total["J mean"] == 1
        assert evaluation.notes == ["over the 1 of 2 sequences that all have finished, without a"]
