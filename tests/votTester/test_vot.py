import csv

import numpy as np
import pytest

from libs.dataset.rendered.sequences import render_sequence, write_vot
from libs.utils.errors import DataError, SettingsError
from pytracking.tracker.base.basetracker import BaseTracker
from pytracking.tracker.static.static import Static
from votTester.annotations import annotate
from votTester.datasets import VotDataset
from votTester.reference_trackers import OracleTracker
from votTester.vot import VOTTester


class Box(BaseTracker):
    """A `BaseTracker` that never moves; stops in the sequence called `stop`."""

    def __init__(self, stop=None, error=KeyboardInterrupt):
        super().__init__(None)
        self.starts, self.stop, self.error = 0, stop, error

    def initialize(self, image, info):
        self.starts += 1
        if self.starts == self.stop:
            raise self.error
        self.polygon = np.reshape(info["init_bbox"], (4, 2))

    def track(self, image, info=None):
        return {"polygon": self.polygon}


def results(folder):
    return sorted(path.name for path in folder.glob("**/*_001.txt"))


def test_oracle_is_perfect(make_dataset, tmp_path, capsys):
    dataset = make_dataset("a", "b", frames=20, step=2.5)
    tester = VOTTester(OracleTracker(dataset.sequences), "oracle", [dataset], results=tmp_path)
    assert tester.test() == []
    (evaluation,) = tester.evaluation()
    assert (evaluation.total.accuracy, evaluation.total.failures, evaluation.total.eao) == (1, 0, pytest.approx(1))
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("oracle "))
    assert row.split()[1:6] == ["40", "1.000", "0", "0.000", "1.000"]
    assert results(tmp_path / "tiny" / "oracle") == ["a_001.txt", "b_001.txt"]


def test_oracle_is_perfect_on_rotated_polygons(tmp_path):
    sequence = render_sequence("rotation", frames=15, size=(120, 90))
    dataset = VotDataset("mini", [annotate(sequence)], [sequence])
    tester = VOTTester(OracleTracker(dataset.sequences), "oracle", [dataset], results=tmp_path)
    assert tester.test() == []
    total = tester.evaluation()[0].total
    assert (total.accuracy, total.failures) == (pytest.approx(1, abs=2e-3), 0)


def test_static_tracker_fails_as_counted_by_hand(make_dataset, tmp_path):
    # 5 pixels a frame: after a start, frames 1-4 overlap, 5 fails, the restart is at 10; starts at 0 and 10.
    dataset = make_dataset("a", frames=20, step=5.0)
    tester = VOTTester(Static(), "static", [dataset], results=tmp_path)
    tester.test()
    (evaluation,) = tester.evaluation()
    assert (evaluation.total.failures, evaluation.total.robustness) == (2, 10.0)
    assert np.isnan(evaluation.total.accuracy)
    # Of 21 columns 16, 11, 6 and 1 are shared, of 26, 31, 36, 41; then 0. The failure at 15 leaves room for a restart.
    overlaps = np.array([16 / 26, 11 / 31, 6 / 36, 1 / 41, *[0] * 16])
    assert evaluation.total.eao == pytest.approx((np.cumsum(overlaps)[:19] / np.arange(1, 20)).mean(), rel=1e-5)


def test_data_root_base_tracker_and_files(make_sequence, tmp_path):
    write_vot([make_sequence("a", frames=4)], tmp_path / "data")
    before = sorted(tmp_path.glob("data/**/*"))
    tester = VOTTester(Box(), "box", ["vot2018"], results=tmp_path / "results")
    tester.data_root["vot2018"] = tmp_path / "data"
    tester.test()
    tester.evaluation()
    assert (tmp_path / "results/vot2018/box/baseline/a/a_001.txt").read_text().count("\n") == 4
    with (tmp_path / "results/vot2018/box/report.csv").open() as stream:
        assert next(csv.DictReader(stream))["name"] == "a"
    assert sorted(tmp_path.glob("data/**/*")) == before
    assert VOTTester.data_root == {}


def test_finished_sequences_are_skipped_and_an_interrupted_one_is_run_again(make_dataset, tmp_path):
    dataset = make_dataset("a", "b", "c", frames=6)
    with pytest.raises(KeyboardInterrupt):
        VOTTester(Box(stop=2), "box", [dataset], results=tmp_path).test()
    assert results(tmp_path) == ["a_001.txt"]
    tracker = Box()
    VOTTester(tracker, "box", [dataset], results=tmp_path).test()
    assert tracker.starts == 2
    assert len(results(tmp_path)) == 3
    VOTTester(tracker, "box", [dataset], results=tmp_path).test()
    assert tracker.starts == 2
    VOTTester(tracker, "box", [dataset], results=tmp_path, force=True).test()
    assert tracker.starts == 5


def test_a_sequence_that_fails_is_returned_and_the_others_are_kept(make_dataset, tmp_path, capsys):
    dataset = make_dataset("a", "b", "c", frames=6)
    tester = VOTTester(Box(stop=2, error=DataError("frame 0 is no image")), "box", [dataset], results=tmp_path)
    assert tester.test() == [("b", "frame 0 is no image")]
    assert results(tmp_path) == ["a_001.txt", "c_001.txt"]
    assert tester.evaluation()[0].missing == ["b"]
    assert "box: no results of b" in capsys.readouterr().out


def test_results_made_otherwise_stop_the_run(make_dataset, tmp_path):
    VOTTester(Static(), "x", [make_dataset("a", frames=6)], results=tmp_path).test()
    with pytest.raises(SettingsError, match="tracker: Static there, Box now"):
        VOTTester(Box(), "x", [make_dataset("a", frames=6)], results=tmp_path).test()
    with pytest.raises(SettingsError, match="images or ground truth of a"):
        VOTTester(Static(), "x", [make_dataset("a", frames=7)], results=tmp_path).test()
    with pytest.raises(SettingsError, match="seed: 0 there, 3 now"):
        VOTTester(Static(), "x", [make_dataset("a", frames=6)], results=tmp_path, seed=3).test()


def test_repetitions_have_files_of_their_own(make_dataset, tmp_path):
    VOTTester(Static(), "x", [make_dataset("a", frames=6)], results=tmp_path, repetitions=2).test()
    found = sorted(path.name for path in tmp_path.glob("tiny/x/baseline/a/*.txt"))
    assert found == ["a_001.txt", "a_002.txt"]


def test_progress_shows_frames_and_speed(make_dataset, tmp_path, capsys):
    VOTTester(Static(), "x", [make_dataset("a", "b", frames=20, step=5.0)], results=tmp_path).test()
    shown = capsys.readouterr().err
    assert "x on tiny: 100%" in shown
    assert "40/40" in shown
    assert "frame/s" in shown


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".."])
def test_name_that_leaves_the_results_folder_is_refused(name):
    with pytest.raises(DataError, match="the name of the results"):
        VOTTester(Static(), name)


@pytest.mark.parametrize("options", [{"repetitions": 0}, {"workers": 0}])
def test_counts_start_at_one(options):
    with pytest.raises(SettingsError, match="at least 1"):
        VOTTester(Static(), "x", **options)


def test_no_test_without_images(make_dataset, tmp_path):
    dataset = VotDataset("tiny", make_dataset("a").annotations, None)
    with pytest.raises(DataError, match="without images"):
        VOTTester(Static(), "x", [dataset], results=tmp_path).test()


def test_a_folder_that_another_process_tests_into_is_refused(make_dataset, tmp_path, hold_folder):
    hold_folder(tmp_path / "tiny" / "box")
    with pytest.raises(SettingsError, match=r"another process is writing to .*box"):
        VOTTester(Box(), "box", [make_dataset("a")], results=tmp_path, force=True).test()
    assert VOTTester(Box(), "other", [make_dataset("a", frames=3)], results=tmp_path).test() == []


def test_a_full_disk_ends_with_its_name_and_keeps_what_was_finished(make_dataset, tmp_path, full_disk):
    VOTTester(Box(), "box", [make_dataset("a", frames=3)], results=tmp_path).test()
    finished = (tmp_path / "tiny" / "box" / "manifest.json").stat().st_size
    tester = VOTTester(Box(), "box", [make_dataset("a", "b", frames=3)], results=tmp_path)
    with full_disk(finished), pytest.raises(DataError, match=r"manifest\.json cannot be written \(File too large\)"):
        tester.test()
    assert results(tmp_path) == ["a_001.txt"]
    assert tester.test() == []
    assert results(tmp_path) == ["a_001.txt", "b_001.txt"]


def test_results_that_cannot_be_written_are_named(make_dataset, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file/tiny/box/\.lock cannot be written"):
        VOTTester(Box(), "box", [make_dataset("a", frames=3)], results=tmp_path / "file").test()
