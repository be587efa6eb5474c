"""What a run over a video leaves in its folder, however it ends, and how another run continues from it."""

import dataclasses
import json
import os

import numpy as np
import pytest

from libs.media.frame_files import FrameFiles
from libs.media.images import write_image
from libs.media.masks import read_mask
from libs.utils.boxes import box_to_polygon
from libs.utils.command_line import Terminated
from libs.utils.errors import FullDiskError, SettingsError
from pytracking.evaluation import result_folder
from pytracking.evaluation.result_folder import ResultFolder
from pytracking.evaluation.video_manifest import describe_video, run_digest
from pytracking.tracker.base.result import Result

IMAGE = np.full((40, 50, 3), 90, np.uint8)
START = {0: {1: {"init_bbox": [1, 2, 3, 4]}}}


@pytest.fixture
def source(tmp_path):
    write_image(tmp_path / "0.png", IMAGE)
    return FrameFiles([tmp_path / "0.png"], "clip", tmp_path)


@pytest.fixture
def run(source):
    return describe_video(object(), source, START, 0)


def result(x):
    box = (x, 2, 3, 4)
    mask = np.zeros(IMAGE.shape[:2], bool)
    mask[2:6, x : x + 3] = True
    return Result(np.array(box, float), box_to_polygon(box), mask)


def frame(index):
    """Object 2 begins in frame 2."""
    return {1: result(index), **({2: result(20 + index)} if index >= 2 else {})}


def boxes_only(index):
    return {number: dataclasses.replace(each, mask=None) for number, each in frame(index).items()}


def write(folder, indices):
    with folder:
        for index in indices:
            folder.add(index, IMAGE, frame(index))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".json"}


@pytest.fixture
def whole(tmp_path, run):
    """What an undisturbed run of 5 frames leaves."""
    write(ResultFolder(tmp_path / "whole", run), range(5))
    return contents(tmp_path / "whole")


def test_two_objects_of_which_one_comes_later(tmp_path, run):
    write(folder := ResultFolder(tmp_path / "clip", run), range(3))
    assert folder.path == tmp_path / "clip"
    boxes = [np.loadtxt(folder.path / f"boxes_{number}.txt", delimiter="\t") for number in (1, 2)]
    np.testing.assert_array_equal(boxes[0], [[0, 2, 3, 4], [1, 2, 3, 4], [2, 2, 3, 4]])
    np.testing.assert_array_equal(boxes[1], [[np.nan] * 4, [np.nan] * 4, [22, 2, 3, 4]])
    polygons = np.loadtxt(folder.path / "polygons_2.txt", delimiter="\t")
    np.testing.assert_array_equal(polygons[2], [22, 2, 25, 2, 25, 6, 22, 6])
    assert sorted(path.name for path in (folder.path / "masks").iterdir()) == [f"0000{index}.png" for index in range(3)]
    mask = read_mask(folder.path / "masks" / "00002.png")
    assert (mask[3, 3], mask[3, 23], mask[30, 30]) == (1, 2, 0)


def test_every_frame_is_on_disk_before_the_next(tmp_path, run):
    with ResultFolder(tmp_path / "clip", run) as folder:
        assert not folder.path.exists()
        for index in range(3):
            folder.add(index, IMAGE, frame(index))
            for kind in ("boxes", "polygons"):
                assert (folder.path / f"{kind}_1.txt").read_text().count("\n") == index + 1
            assert read_mask(folder.path / "masks" / f"{index:05d}.png").any()


@pytest.mark.parametrize("done", range(1, 5))
def test_the_same_run_goes_on_and_leaves_what_is_there(tmp_path, run, whole, done, capsys):
    write(ResultFolder(tmp_path / "clip", run), range(done))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "clip" / "masks").iterdir()}
    again = ResultFolder(tmp_path / "clip", run)
    assert (again.path, again.done, again.is_finished()) == (tmp_path / "clip", done, False)
    write(again, range(5))
    assert contents(again.path) == whole
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert f"{done} frames are in {again.path}" in capsys.readouterr().out


def test_what_is_finished_is_known_to_be(tmp_path, run):
    with ResultFolder(tmp_path / "clip", run) as folder:
        for index in range(3):
            folder.add(index, IMAGE, frame(index))
        folder.finish()
    assert ResultFolder(tmp_path / "clip", run).is_finished()
    assert not ResultFolder(tmp_path / "clip", {**run, "expected_length": 9}).is_finished()
    assert not ResultFolder(tmp_path / "clip", {**run, "starts": "others"}).is_finished()
    (tmp_path / "clip" / "boxes_1.txt").write_text("1\t2\t3\t4\n")
    assert not ResultFolder(tmp_path / "clip", run).is_finished()


@pytest.mark.parametrize("writes", range(18))
def test_a_killed_process_leaves_what_can_be_gone_on_with(tmp_path, run, whole, writes):
    """Killed in the middle of any line of frames 1 to 3; an object begins in frame 2."""
    real, count = result_folder._write, []

    def die(file, text):
        if len(count) == writes:
            real(file, text[: len(text) // 2] if text.count("\n") == 1 else text)
            os._exit(0)
        count.append(1)
        real(file, text)

    child = os.fork()
    if not child:
        folder = ResultFolder(tmp_path / "clip", run)
        folder.add(0, IMAGE, frame(0))
        result_folder._write = die
        for index in (1, 2, 3):
            folder.add(index, IMAGE, frame(index))
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    again = ResultFolder(tmp_path / "clip", run)
    assert again.done == (1 if writes < 3 else 2 if writes < 12 else 3)
    write(again, range(5))
    assert contents(again.path) == whole


def test_before_the_first_object_masks_count(tmp_path, run):
    folder = ResultFolder(tmp_path / "clip", run)
    with folder:
        for index in range(3):
            folder.add(index, IMAGE, {})
    (folder.path / "masks" / "00002.png").write_bytes(b"half")
    again = ResultFolder(tmp_path / "clip", run)
    assert again.done == 2
    with again:
        for index in range(4):
            again.add(index, IMAGE, {} if index < 3 else {1: result(3)})
    assert not read_mask(again.path / "masks" / "00002.png").any()
    assert np.isnan(np.loadtxt(again.path / "boxes_1.txt")[:3]).all()


@pytest.mark.parametrize("length", [20, 45, 70, 95, 160, 200])
def test_a_full_disk_leaves_whole_frames_and_is_gone_on_from(tmp_path, run, whole, full_disk, length):
    """In any file of any frame."""
    folder = ResultFolder(tmp_path / "clip", run)

    def fill():
        with folder:
            for index in range(5):
                # From here on, so that the manifest fits.
                with full_disk(length) if index else full_disk(10**6):
                    folder.add(index, IMAGE, boxes_only(index))

    with pytest.raises(FullDiskError, match=r"clip cannot be written \(File too large\); \d frames are kept"):
        fill()
    lines = {path.read_bytes().count(b"\n") for path in folder.path.glob("*.txt")}
    assert len(lines) == 1
    assert all(path.read_bytes().endswith(b"\n") for path in folder.path.glob("*.txt"))
    again = ResultFolder(tmp_path / "clip", run)
    assert {again.done} == lines
    with again:
        for index in range(5):
            again.add(index, IMAGE, boxes_only(index))
    assert contents(again.path) == {name: text for name, text in whole.items() if name.endswith(".txt")}


def test_a_full_disk_in_a_mask(tmp_path, run, whole, full_disk):
    folder = ResultFolder(tmp_path / "clip", run)
    folder.add(0, IMAGE, frame(0))
    with full_disk(100), pytest.raises(FullDiskError, match="1 frames are kept"):
        folder.add(1, IMAGE, frame(1))
    folder.close()
    assert [path.name for path in (folder.path / "masks").iterdir()] == ["00000.png"]
    write(again := ResultFolder(tmp_path / "clip", run), range(5))
    assert contents(again.path) == whole


@pytest.mark.parametrize("writes", [0, 1, 2, 3, 5])
def test_a_signal_within_a_frame_leaves_whole_frames(tmp_path, run, whole, monkeypatch, writes):
    folder = ResultFolder(tmp_path / "clip", run)
    with folder:
        for index in range(2):
            folder.add(index, IMAGE, frame(index))
        real, count = result_folder._write, []

        def interrupt(file, text):
            if len(count) == writes:
                raise Terminated(15)
            count.append(1)
            real(file, text)

        monkeypatch.setattr(result_folder, "_write", interrupt)
        with pytest.raises(Terminated):
            folder.add(2, IMAGE, frame(2))
        monkeypatch.undo()
    assert {path.read_bytes().count(b"\n") for path in folder.path.glob("*.txt")} == {2}
    write(ResultFolder(tmp_path / "clip", run), range(5))
    assert contents(tmp_path / "clip") == whole


def test_files_of_others_are_kept(tmp_path, run, whole, capsys):
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "notes.txt").write_text("mine")
    write(ResultFolder(tmp_path / "clip", run), range(5))
    assert contents(tmp_path / "clip") == {**whole, "notes.txt": b"mine"}
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "boxes_1.txt").write_text("mine")
    write(folder := ResultFolder(tmp_path / "other", run), range(5))
    assert folder.path == tmp_path / "other_2"
    assert contents(tmp_path / "other") == {"boxes_1.txt": b"mine"}
    assert (
        f"{tmp_path / 'other'} holds some of unknown origin; they are kept, and these go to" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"origin": "/videos/clip.mp4"}, "holds those of "),
        ({"starts": "0123"}, "made otherwise: other objects"),
        ({"parameters": {"memory_interval": 3}}, "made otherwise: parameter memory_interval: nothing there, 3 now"),
        ({"checkpoint": {"file": "a", "sha256": "1"}}, "made otherwise: checkpoint: nothing there, a"),
        ({"seed": 3}, "made otherwise: seed: 0 there, 3 now"),
    ],
)
def test_another_run_gets_a_folder_of_its_own_and_finds_it_again(tmp_path, run, change, words, capsys):
    write(ResultFolder(tmp_path / "clip", run), range(2))
    before = contents(tmp_path / "clip")
    other = {**run, **change}
    assert run_digest(other) != run_digest(run)
    write(ResultFolder(tmp_path / "clip", other), range(1))
    assert words in capsys.readouterr().out
    again = ResultFolder(tmp_path / "clip", other)
    assert (again.path, again.done) == (tmp_path / "clip_2", 1)
    assert contents(tmp_path / "clip") == before


def test_what_no_run_can_make_again_gets_a_new_folder_each_time(tmp_path, run):
    for name in ("clip", "clip_2", "clip_3"):
        folder = ResultFolder(tmp_path / "clip", run, goes_on=False)
        assert folder.path == tmp_path / name
        write(folder, range(1))


def test_device_and_versions_are_only_a_note(tmp_path, run, capsys):
    write(ResultFolder(tmp_path / "clip", run), range(2))
    write(again := ResultFolder(tmp_path / "clip", {**run, "device": "cuda"}), range(3))
    assert again.path == tmp_path / "clip"
    assert "begun with another device: cpu there, cuda now" in capsys.readouterr().out
    assert run_digest({**run, "device": "cuda"}) == run_digest(run)


def test_results_that_do_not_fit_are_named(tmp_path, run, caplog):
    write(ResultFolder(tmp_path / "clip", run), range(3))
    with ResultFolder(tmp_path / "clip", run) as again:
        for index in range(4):
            again.add(index, IMAGE, {1: result(index), 2: result(30)})
    assert "object 2 is elsewhere in frame 2 than this run finds it" in caplog.text


def test_one_run_at_a_time(tmp_path, run, hold_folder):
    write(ResultFolder(tmp_path / "clip", run), range(2))
    hold_folder(tmp_path / "clip")
    with pytest.raises(SettingsError, match="another process is writing to"):
        ResultFolder(tmp_path / "clip", run).add(0, IMAGE, frame(0))


def test_the_manifest_tells_what_is_followed_in_what(source, run, tmp_path):
    assert json.loads(json.dumps(run)) == run
    assert (run["origin"], run["protocol"], run["expected_length"]) == (str(tmp_path), "video", 1)
    masks = [{0: {1: {"init_mask": np.arange(6).reshape(2, 3) > level}}} for level in (1, 2)]
    starts = [START, {0: {2: START[0][1]}}, {1: START[0]}, {0: {1: {"init_bbox": [1, 2, 3, 5]}}}, *masks]
    assert len({describe_video(object(), source, start, 0)["starts"] for start in starts}) == len(starts)
    os.utime(tmp_path / "0.png", (0, 0))
    assert describe_video(object(), source, START, 0) == run
    write_image(tmp_path / "0.png", IMAGE + 1)
    assert describe_video(object(), source, START, 0)["sequences"] != run["sequences"]
