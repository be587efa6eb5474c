"""The toolkit's protocols by hand, on sequences of a few frames, and their errors for data that they cannot use."""

import dataclasses
import pathlib

import numpy as np
import pytest

from libs.dataset.sequence import ABSENT, Sequence
from libs.utils.errors import DataError
from pytracking.evaluation import engine
from pytracking.tracker.base.basetracker import BaseTracker
from votTester.annotations import annotate
from votTester.datasets import VotDataset, load_dataset
from votTester.stacks import StackProtocol
from votTester.vot import VOTTester

LOST = "lost"


class Scripted(BaseTracker):
    """Stays where it was started, except in the frames of a script: (x of its start, frame) -> (shift in x, score)."""

    def __init__(self, script=None, score=None):
        self.params = None
        self.script, self.default, self.seen = script or {}, score, []

    def initialize(self, image, info):
        mask = info.get("init_mask")
        if mask is None:
            self.box = np.array(info["init_bbox"], dtype=float)
        else:
            rows, columns = np.nonzero(mask)
            corner = columns.min(), rows.min()
            self.box = np.array([*corner, columns.max() + 1 - corner[0], rows.max() + 1 - corner[1]], dtype=float)
        self.seen.append(int(image[0, 0, 0]))

    def track(self, image, info=None):
        frame = int(image[0, 0, 0])
        self.seen.append(frame)
        shift, score = self.script.get((self.box[0], frame), (0, self.default))
        if shift == LOST:
            return {"score": score}
        return {"target_bbox": self.box + [shift, 0, 0, 0], "score": score}


def images(count):
    """Images of 60 x 40 pixels; the first pixel holds the image's number."""
    frames = [np.zeros((40, 60, 3), dtype=np.uint8) for _ in range(count)]
    for index, frame in enumerate(frames):
        frame[0, 0] = index
    return frames


def boxes(*lefts):
    return [ABSENT if left is None else [left, 10.0, 20.0, 20.0] for left in lefts]


def sequence(*lefts, **known):
    return Sequence("a", images(len(lefts)), boxes(*lefts), **known)


def score(protocol, sequences, tracker, folder):
    """The total of a run and evaluation, and the notes."""
    dataset = VotDataset("tiny", [annotate(each) for each in sequences], sequences)
    tester = VOTTester(tracker, "run", [dataset], results=folder, protocol=protocol)
    assert tester.test() == []
    (evaluation,) = tester.evaluation()
    return evaluation.total, evaluation.notes


def test_multi_start_by_hand(tmp_path):
    """A box of 20 x 20 that stays; the truth is 10 pixels to the side in two frames: overlap 10 / 30.

    Forwards from frame 0: 0 (the start), 1, 1/3, 1/3, 1; backwards from frame 4: 0, 1/3, 1/3, 1, 1. Nothing fails.
    """
    anchors = {"anchor": np.array([1, 0, 0, 0, -1])}
    total, notes = score(
        StackProtocol("tests/segmentation"), [sequence(10, 10, 20, 20, 10, values=anchors)], Scripted(), tmp_path
    )
    assert total["baseline A"] == pytest.approx((8 / 3 + 8 / 3) / 10)
    assert total["baseline R"] == 1
    assert total["baseline EAO"] == 0
    assert any("no run is longer than 5 frames" in note for note in notes)


def test_multi_start_failure_by_hand(tmp_path):
    """Overlap 1 in frames 1 and 2, then 0 in ten: the run fails after 3 of 13 frames, and counts 0 ever after.

    The EAO curve is 2 / (n - 1) from frame 13 on, and the toolkit's ends with frame 754.
    """
    lefts = [10.0] * 3 + [35.0] * 10
    anchors = {"anchor": np.array([1] + [0] * 12)}
    total, _ = score(StackProtocol("vot2022/shorttermbox"), [sequence(*lefts, values=anchors)], Scripted(), tmp_path)
    assert total["baseline R"] == pytest.approx(3 / 13)
    assert total["baseline A"] == pytest.approx(2 / 3)
    assert total["baseline EAO"] == pytest.approx(np.mean(2 / (np.arange(115, 755) - 1)))
    # In the unsupervised experiment, all frames except the start count.
    assert total["unsupervised accuracy"] == pytest.approx(2 / 12)


def test_long_term_by_hand(tmp_path):
    """Four frames show the target. Overlaps 1, 1/3, 0 and, where it is absent, 0, at scores 0.9, 0.6, 0.2, 0.1.

    At 0.6: precision (1 + 1/3) / 2, recall (1 + 1/3) / 4; F is 4/9 there and lower at every other threshold.
    """
    script = {(10.0, 1): (0, 0.9), (10.0, 2): (10, 0.6), (10.0, 3): (30, 0.2), (10.0, 4): (0, 0.1)}
    total, notes = score(
        StackProtocol("vot2022/longterm"), [sequence(10, 10, 10, 10, None)], Scripted(script), tmp_path
    )
    assert [total["Pr"], total["Re"], total["F"]] == pytest.approx([2 / 3, 1 / 3, 4 / 9])
    assert not any("confidence" in note for note in notes)


def test_a_tracker_that_is_never_sure_is_scored_by_the_toolkits_rule_with_a_warning(tmp_path):
    with pytest.warns(UserWarning, match="no confidence was given on 1 of 1 sequences"):
        total, notes = score(StackProtocol("vot2022/longterm"), [sequence(10, 10, 10)], Scripted(), tmp_path)
    # All frames at once: the start, which counts 0, and two of overlap 1.
    assert [total["Pr"], total["Re"]] == pytest.approx([2 / 3, 2 / 3])
    assert any("takes 0 in every frame" in note for note in notes)


def write_objects(folder):
    """Two objects of 10 x 10 pixels over five frames; the first cannot be seen in the last."""
    from libs.media.images import write_image

    (folder / "a" / "color").mkdir(parents=True)
    for index, image in enumerate(images(5)):
        write_image(folder / "a" / "color" / f"{index + 1:08d}.png", image)
    (folder / "a" / "groundtruth_1.txt").write_text("m5,5,10,10,0,100\n" * 4 + "m0,0,0,0,0\n")
    (folder / "a" / "groundtruth_2.txt").write_text("m30,5,10,10,0,100\n" * 5)
    (folder / "list.txt").write_text("a\n")
    return load_dataset(folder, every_frame=False).sequences


def test_several_objects_by_hand(tmp_path):
    """Object 1: overlaps 0 (start), 1, 5 / 15, 1, and a region where there is none. Object 2: 0, 1, 1, lost, 1."""
    script = {(5.0, 2): (5, None), (30.0, 3): (LOST, None)}
    total, notes = score(StackProtocol("vots2024"), write_objects(tmp_path / "data"), Scripted(script), tmp_path / "r")
    assert total["Quality"] == pytest.approx(((1 + 1 / 3 + 1) / 5 + 3 / 5) / 2)
    # Of frames with overlap, and the start.
    assert total["A"] == pytest.approx(((1 + 1 / 3 + 1) / 4 + 3 / 4) / 2)
    assert total["R"] == pytest.approx((3 / 4 + 3 / 5) / 2)  # of frames that show the object
    assert total["NRE"] == pytest.approx((1 / 4 + 2 / 5) / 2)
    assert total["DRE"] == 0
    assert np.isnan(total["ADQ"])  # more than ten frames without the object are needed
    assert any("those of tests/multiobject" in note for note in notes)


def slow_clock(step):
    return 0.12


def test_late_answers_are_repeated_after_three_that_are_forgiven(tmp_path, capsys):
    """0.12 s a frame at 20 frames a second: the start and two frames are forgiven, then every other one is lost."""
    tracker = Scripted({(10.0, frame): (frame, None) for frame in range(10)})
    anchors = {"anchor": np.array([1] + [0] * 9)}
    protocol = StackProtocol("vot2019/rgbtir", clock=slow_clock)
    total, _ = score(protocol, [sequence(*[10.0] * 10, values=anchors)], tracker, tmp_path)
    assert tracker.seen == [0, 1, 2, 3, 5, 7, 9]
    assert "taken at 20 frames a second" in capsys.readouterr().out
    # Shifted by n pixels of 20: (20 - n) / (20 + n).
    shifts = [1, 2, 3, 3, 5, 5, 7, 7, 9]
    assert total["A"] == pytest.approx(sum((20 - n) / (20 + n) for n in shifts) / 10)


def test_the_rate_of_a_sequence_is_its_own(tmp_path, capsys):
    tracker = Scripted()
    anchors = {"anchor": np.array([1] + [0] * 9)}
    protocol = StackProtocol("vot2019/rgbtir", clock=slow_clock)
    score(protocol, [sequence(*[10.0] * 10, values=anchors, rate=5.0)], tracker, tmp_path)
    assert tracker.seen == list(range(10))
    assert "frames a second" not in capsys.readouterr().out


@pytest.mark.parametrize(("stack", "noted"), [("vot2019/rgbtir", True), ("vot2022/longterm", False)])
def test_workers_beside_each_other_are_no_real_time(tmp_path, capsys, monkeypatch, stack, noted):
    monkeypatch.setattr(engine, "run_jobs", lambda *arguments, **options: None)
    anchored = sequence(10, 10, values={"anchor": np.array([1, 0])})
    protocol = StackProtocol(stack)
    engine.run_protocol(protocol, Scripted(), [anchored], tmp_path / "results", title="a", workers=2)
    assert ("2 workers share this machine" in capsys.readouterr().out) == noted


def test_what_a_dataset_lacks_is_said_before_anything_is_run(tmp_path):
    for stack, message in {
        "vot2022/shorttermbox": r"starts at anchors, and 1 of 1 sequences \(a\) has none: .*anchor\.value",
        "vots2024": r"judges masks, and 1 of 1 sequences \(a\) has no mask",
        "votstval": r"counts the frames that have the tag 'evaluation'",
    }.items():
        known = {"masks": [np.ones((40, 60), dtype=bool)] * 3} if stack == "votstval" else {}
        with pytest.raises(DataError, match=message):
            score(StackProtocol(stack), [sequence(10, 10, 10, **known)], Scripted(), tmp_path)
    hidden = [sequence(10, None, 10, values={"anchor": np.array([0, 1, 0])})]
    with pytest.raises(DataError, match="a has an anchor in frame 1, in which no target is annotated"):
        score(StackProtocol("vot2022/shorttermbox"), hidden, Scripted(), tmp_path)
    assert not list(pathlib.Path(tmp_path).iterdir())


def test_what_a_server_keeps_is_run_and_not_scored(tmp_path):
    write_objects(tmp_path / "data")
    for number in (1, 2):
        path = tmp_path / "data" / "a" / f"groundtruth_{number}.txt"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    sequences = load_dataset(tmp_path / "data", every_frame=False).sequences
    total, notes = score(StackProtocol("vots2023"), sequences, Scripted(), tmp_path / "r")
    assert not total.values
    assert any("1 of 1 sequences are annotated in the first frame alone" in note for note in notes)
    assert len(list((tmp_path / "r").rglob("a_[12]_001.bin"))) == 2


def test_a_comparison_is_over_the_sequences_that_all_have_finished(tmp_path):
    both = [dataclasses.replace(sequence(10, 10, 10), name=name) for name in ("a", "b")]
    protocol, datasets = StackProtocol("vot2022/longterm"), {}
    for label, sequences in (("part", both[:1]), ("whole", both)):
        datasets[label] = VotDataset("tiny", [annotate(each) for each in sequences], sequences)
        VOTTester(Scripted(score=1), label, [datasets[label]], results=tmp_path, protocol=protocol).test()
    runs = {label: [protocol.root(tmp_path / "tiny") / label] for label in datasets}
    for evaluation in protocol.evaluate(runs, "tiny", datasets["whole"]):
        assert list(evaluation.of_kind("sequence")) == ["a"]
        assert "over the 1 of 2 sequences that all have finished, without b" in evaluation.notes
