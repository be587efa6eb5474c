import dataclasses
import pathlib

import numpy as np
import pytest

from libs.dataset.rendered.videos import MINI_OBJECTS, mini_objects
from libs.media.masks import read_mask
from libs.utils.errors import CheckpointError, SettingsError
from pytracking.evaluation.running import choose_sequence, choose_video, report_failures, run_dataset
from pytracking.evaluation.tracker import Tracker


@pytest.fixture
def boxed(small_sequences):
    """The rendered sequences without their masks."""
    return [dataclasses.replace(sequence, masks=None) for sequence in small_sequences]


@pytest.fixture
def ncc():
    return Tracker("ncc", "default")


def broken(sequence):
    """The sequence with its frame 5 missing."""
    frames = [sequence.frame(index) for index in range(len(sequence))]
    frames[5] = pathlib.Path("gone/00000006.jpg")
    return dataclasses.replace(sequence, name="broken", frames=frames)


def test_boxes_and_times_of_every_frame(boxed, ncc, tmp_path):
    assert run_dataset(boxed, [ncc], results=tmp_path) == []
    folder = tmp_path / "ncc" / "default"
    assert len(list(folder.glob("*.txt"))) == 6
    boxes = np.loadtxt(folder / "rotation.txt", delimiter="\t")
    assert boxes.shape == (12, 4)
    tracker = ncc.create_tracker()
    tracker.initialize(boxed[1].frame(0), {"init_bbox": list(boxed[1].regions[0])})
    np.testing.assert_allclose(boxes[1], tracker.track(boxed[1].frame(1))["target_bbox"])
    assert np.loadtxt(folder / "rotation_time.txt").shape == (12,)


def test_finished_sequences_are_skipped_and_runs_kept_apart(boxed, ncc, tmp_path, capsys):
    run_dataset(boxed[:1], [ncc], results=tmp_path)
    file = tmp_path / "ncc" / "default" / "easy.txt"
    mine = "0\t0\t1\t1\n" * 12
    file.write_text(mine)
    run_dataset(boxed, [ncc, Tracker("ncc", "default", 3)], results=tmp_path)
    assert file.read_text() == mine
    assert "ncc/default: 2 sequences run, 1 were finished before" in capsys.readouterr().out
    assert len((tmp_path / "ncc" / "default_003" / "easy.txt").read_text().splitlines()) == 12


def test_a_result_of_unknown_origin_is_refused_until_forced(boxed, ncc, tmp_path):
    file = tmp_path / "ncc" / "default" / "easy.txt"
    file.parent.mkdir(parents=True)
    file.write_text("0\t0\t1\t1\n" * 7)
    with pytest.raises(SettingsError, match=r"it has no manifest\.json.*--name, or --force"):
        run_dataset(boxed, [ncc], results=tmp_path)
    assert len(file.read_text().splitlines()) == 7
    run_dataset(boxed[1:], [ncc], results=tmp_path)
    with pytest.raises(SettingsError, match=r"no run that manifest\.json tells of wrote easy\.txt"):
        run_dataset(boxed, [ncc], results=tmp_path)
    run_dataset(boxed, [ncc], results=tmp_path, force=True)
    assert len(file.read_text().splitlines()) == 12


def test_results_of_other_parameters_or_data_are_never_taken_for_finished(boxed, ncc, tmp_path):
    run_dataset(boxed[:1], [ncc], results=tmp_path)
    wide = Tracker("ncc", "default", overrides={"search_factor": 3.0})
    with pytest.raises(SettingsError, match=r"parameter search_factor: 2\.0 there, 3\.0 now.*--name, or --force"):
        run_dataset(boxed, [wide], results=tmp_path)
    other = dataclasses.replace(boxed[1], name="easy")
    with pytest.raises(SettingsError, match="images or ground truth of easy"):
        run_dataset([other], [ncc], results=tmp_path)
    assert run_dataset(boxed, [Tracker("ncc", label="wide", overrides=wide.overrides)], results=tmp_path) == []


def test_force_throws_away_what_the_run_made_and_nothing_else(small_sequences, ncc, tmp_path):
    folder = tmp_path / "ncc" / "default"
    run_dataset(small_sequences[:2], [ncc], results=tmp_path)
    mine = [folder / "notes.txt", folder / "easy" / "mine.png"]
    for path in mine:
        path.write_text("mine")
    run_dataset(small_sequences[:1], [ncc], results=tmp_path, force=True)
    assert (folder / "rotation.txt").is_file()  # made in the same way, and not asked for
    wide = Tracker("ncc", "default", overrides={"search_factor": 3.0})
    run_dataset(small_sequences[:1], [wide], results=tmp_path, force=True)
    assert not list(folder.glob("rotation*"))
    assert all(path.read_text() == "mine" for path in mine)
    assert (folder / "easy" / "00011.png").is_file()


@pytest.mark.parametrize("workers", [1, 2])
def test_failed_sequence_is_named_and_the_others_finish(boxed, ncc, tmp_path, capsys, workers):
    failures = run_dataset([broken(boxed[0]), *boxed], [ncc], results=tmp_path, workers=workers)
    assert [failure[:2] for failure in failures] == [("ncc/default", "broken")]
    assert report_failures(failures) == 1
    error = capsys.readouterr().err
    assert "failed: ncc/default, broken: image gone/00000006.jpg does not exist" in error
    assert sorted(path.name for path in (tmp_path / "ncc" / "default").glob("*_time.txt")) == [
        f"{sequence.name}_time.txt" for sequence in sorted(boxed, key=lambda sequence: sequence.name)
    ]


def test_several_processes_give_the_same_boxes(boxed, ncc, tmp_path):
    for workers in (1, 2):
        run_dataset(boxed[:2], [ncc], results=tmp_path / str(workers), workers=workers)
    for name in ("easy", "rotation"):
        first, second = ((tmp_path / n / "ncc" / "default" / f"{name}.txt").read_text() for n in ("1", "2"))
        assert first == second


def test_sequence_with_masks_starts_from_them_and_writes_masks(small_sequences, ncc, tmp_path):
    run_dataset(small_sequences[:1], [ncc], results=tmp_path)
    masks = tmp_path / "ncc" / "default" / "easy"
    assert sorted(path.name for path in masks.iterdir()) == [f"{index:05d}.png" for index in range(12)]
    assert set(np.unique(read_mask(masks / "00011.png"))) == {0, 1}


def test_debug_runs_again_and_writes_pictures_without_a_display(boxed, ncc, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("pytracking.evaluation.debug.can_show", lambda: False)
    run_dataset(boxed[:1], [ncc], results=tmp_path)
    run_dataset(boxed[:1], [ncc], results=tmp_path, debug=1)
    assert len(list((tmp_path / "ncc" / "default" / "debug" / "easy").iterdir())) == 12
    assert f"debug pictures in {tmp_path / 'ncc' / 'default' / 'debug'}" in capsys.readouterr().out
    with pytest.raises(SettingsError, match="workers is 2"):
        run_dataset(boxed, [ncc], results=tmp_path, workers=2, debug=1)
    with pytest.raises(SettingsError, match="debug is 3"):
        run_dataset(boxed, [ncc], results=tmp_path, debug=3)


def test_tracker_that_cannot_be_built_ends_the_run(boxed, ncc, tmp_path, monkeypatch):
    def fail():
        raise CheckpointError("no weights")

    monkeypatch.setattr("pytracking.tracker.ncc.get_tracker_class", fail)
    with pytest.raises(CheckpointError, match="no weights"):
        run_dataset(boxed, [ncc], results=tmp_path)


@pytest.fixture(scope="module")
def objects():
    """The objects of two rendered videos."""
    return mini_objects(10, (96, 72))


def test_objects_of_a_video_run_together_into_label_masks(objects, ncc, tmp_path):
    assert run_dataset(objects, [ncc], results=tmp_path) == []
    folder = tmp_path / "ncc" / "default"
    for name in MINI_OBJECTS:
        assert sorted(path.name for path in (folder / name).iterdir()) == [f"{index:05d}.png" for index in range(10)]
        assert len((folder / f"{name}_time.txt").read_text().splitlines()) == 10
    late = next(sequence for sequence in objects if sequence.name == "companions-3")
    assert 5 <= len(late) < 10
    assert np.loadtxt(folder / "companions-3.txt").shape == (len(late), 4)
    before, first = (read_mask(folder / "companions" / f"{10 - len(late) + step:05d}.png") for step in (-1, 0))
    assert set(np.unique(before)) == {0, 1, 2}
    # The template matcher's mask is its box, except where it overlaps another object's smaller one.
    assert (first == 3).any()


def test_a_video_of_more_objects_than_the_limit_is_named_and_the_others_run(objects, ncc, tmp_path):
    objects = [sequence for sequence in objects if sequence.name != "similar_distractor-3"]
    ((tracker, video, reason),) = run_dataset(objects, [ncc], results=tmp_path, max_objects=2)
    assert (tracker, video) == ("ncc/default", "companions")
    assert "video companions: 3 objects are given; the limit is 2: raise it by --max_objects 3" in reason
    assert run_dataset(objects, [ncc], results=tmp_path, max_objects=3) == []


def test_a_video_is_finished_when_all_its_objects_are(objects, ncc, tmp_path, capsys):
    run_dataset(objects[:3], [ncc], results=tmp_path)
    (tmp_path / "ncc" / "default" / "companions-2.txt").unlink()
    run_dataset(objects, [ncc], results=tmp_path)
    run_dataset(objects, [ncc], results=tmp_path)
    assert "2 sequences run, 0 were finished before" in capsys.readouterr().out.replace("0 sequences run, 2", "")


def test_one_object_chooses_its_whole_video(objects):
    names = [f"companions-{number}" for number in (1, 2, 3)]
    for wanted in ("companions", "companions-2", "1"):
        assert [sequence.name for sequence in choose_video(objects, wanted)] == names
    assert [sequence.name for sequence in choose_sequence(objects, "companions-2")] == ["companions-2"]
    assert choose_video(objects, None) == objects


def test_sequence_by_name_and_number(boxed):
    assert choose_sequence(boxed, None) == boxed
    assert choose_sequence(boxed, "rotation") == [boxed[1]]
    assert choose_sequence(boxed, "2") == [boxed[2]]
    for wanted in ("3", "walk", "-1"):
        with pytest.raises(SettingsError, match="a number from 0 to 2 or a name, such as easy, rotation"):
            choose_sequence(boxed, wanted)
