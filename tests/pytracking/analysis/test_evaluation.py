import numpy as np
import pytest

from libs.utils.errors import DataError
from pytracking.analysis.evaluation import evaluate_boxes
from pytracking.analysis.ope import MEASURES

TRUE, WRONG = [0, 0, 10, 10], [30, 30, 10, 10]
PERFECT = pytest.approx([20 / 21, 1, 1, 1, 1, 1])
NOTHING = [0] * 6


def compare(dataset, sequences, root, trackers):
    return evaluate_boxes({name: [root / name] for name in trackers}, dataset, sequences)


def numbers(score):
    return [score[name] for name in MEASURES]


@pytest.fixture
def two_sequences(make_sequence):
    half = {"occlusion": [False, True, True], "IV": [True] * 3}
    return [make_sequence("a", [TRUE] * 3, tags=half), make_sequence("b", [TRUE] * 3)]


def test_trackers_side_by_side(tmp_path, two_sequences, write_result):
    for name in ("a", "b"):
        write_result("good/p", name, [TRUE] * 3)
    write_result("half/p", "a", [TRUE] * 3)
    write_result("half/p", "b", [WRONG] * 3)
    good, half = compare("tiny", two_sequences, tmp_path / "results", ["good/p", "half/p"])
    assert numbers(good.total) == PERFECT
    assert numbers(half.total) == pytest.approx([10 / 21, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert numbers(good.of_kind("sequence")["b"]) == PERFECT
    assert numbers(half.of_kind("sequence")["b"]) == NOTHING
    assert [score.kind for score in good.scores] == ["sequence"] * 2 + ["attribute"] * 2 + ["total"]


def test_attributes_choose_frames(tmp_path, two_sequences, write_result):
    write_result("half/p", "a", [TRUE, TRUE, WRONG])
    write_result("half/p", "b", [WRONG] * 3)
    (evaluation,) = compare("tiny", two_sequences, tmp_path / "results", ["half/p"])
    attributes = evaluation.of_kind("attribute")
    # Attributes that no frame has are left out.
    assert set(attributes) == {"occlusion", "IV"}
    assert [attributes["occlusion"][name] for name in ("sequences", "P", "AO")] == [1, 0.5, 0.5]
    assert [attributes["IV"][name] for name in ("sequences", "P")] == [1, pytest.approx(2 / 3)]


def test_repeated_runs_are_averaged(tmp_path, make_sequence, write_result):
    write_result("noisy/p_000", "a", [TRUE] * 2)
    write_result("noisy/p_001", "a", [TRUE, WRONG])
    runs = {"noisy": [tmp_path / "results" / "noisy" / name for name in ("p_000", "p_001")]}
    (evaluation,) = evaluate_boxes(runs, "tiny", [make_sequence("a", [TRUE] * 2)])
    assert numbers(evaluation.total) == pytest.approx([15 / 21, 0.75, 0.75, 0.5, 0.5, 0.5])
    assert evaluation.total["sequences"] == 1


def test_only_what_all_finished_counts(tmp_path, two_sequences, write_result):
    write_result("good/p", "a", [TRUE] * 3)
    write_result("good/p", "b", [TRUE] * 3)
    write_result("slow/p", "a", [WRONG] * 3)
    with pytest.warns(UserWarning, match="b is left out: no result of slow/p"):
        evaluations = compare("tiny", two_sequences, tmp_path / "results", ["good/p", "slow/p"])
    for evaluation in evaluations:
        assert list(evaluation.of_kind("sequence")) == ["a"]
        assert evaluation.notes == ["over the 1 of 2 sequences that all have finished, without b"]


@pytest.mark.filterwarnings("ignore:. is left out")
def test_nothing_finished(tmp_path, two_sequences, write_result):
    write_result("slow/p", "c", [WRONG] * 3)
    with pytest.raises(DataError, match="no sequence of tiny is finished by all of slow/p"):
        compare("tiny", two_sequences, tmp_path / "results", ["slow/p"])


def test_test_sets_are_packed_not_evaluated(tmp_path, make_sequence):
    hidden = make_sequence("a", [TRUE, [np.nan] * 4])
    with pytest.raises(DataError, match=r"got10k_test has no ground truth.*analysis pack"):
        compare("got10k_test", [hidden], tmp_path, ["good/p"])
