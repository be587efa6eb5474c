"""What the commands leave on disk, however they end, and whatever exists before."""

import contextlib
import errno
import os
import pathlib
import shutil
import signal

import cv2
import numpy as np
import pytest

from libs.dataset.rendered.videos import render_video, write_youtube_vos
from libs.media import camera
from libs.media.images import write_image
from libs.media.masks import read_mask, write_mask
from libs.media.sources import open_source
from pytracking.run_tracker import main as run_tracker
from pytracking.run_video import main as run_video
from pytracking.run_webcam import main as run_webcam
from pytracking.tracker.ncc.ncc import NCC

TRACKER = ("ncc", "default")
BOX = ("--optional_box", "60", "25", "28", "16")
FRAMES = 12


@pytest.fixture
def during(monkeypatch):
    """Function from the number of a call of `track`, and what happens in it, to a context."""

    @contextlib.contextmanager
    def happens(number, what):
        calls, real = [], NCC.track

        def track(self, image, info=None):
            calls.append(1)
            if len(calls) == number:
                what()
            return real(self, image, info)

        with monkeypatch.context() as patch:
            patch.setattr(NCC, "track", track)
            yield

    return happens


def kill(number):
    return lambda: os.kill(os.getpid(), number)


def interrupt():
    raise KeyboardInterrupt


def frames_of(video):
    with open_source(video) as source:
        return sum(frame.image is not None for frame in source)


def texts(folder):
    return {path.name: path.read_text() for path in sorted(folder.rglob("*.txt")) if "_time" not in path.name}


@pytest.fixture
def video(clip, results, tmp_path):
    """Function that runs the command on the clip, both outputs given."""

    def run(*options, source=clip / "clip.mp4", name="out.mp4"):
        return run_video([*TRACKER, str(source), *BOX, "--output", str(tmp_path / name), "--save_results", *options])

    return run


@pytest.fixture
def folder(results):
    return results / "ncc" / "default" / "video_clip"


@pytest.fixture
def undisturbed(video, tmp_path):
    """The texts of a complete run."""
    assert video("--results", str(tmp_path / "whole"), name="whole.mp4") == 0
    return texts(tmp_path / "whole")


@pytest.mark.parametrize(
    ("what", "status"),
    [(kill(signal.SIGTERM), 143), (kill(signal.SIGHUP), 129), (interrupt, 130)],
    ids=["TERM", "HUP", "INT"],
)
def test_a_stopped_run_keeps_what_was_done_and_goes_on(
    video, folder, undisturbed, during, tmp_path, capsys, what, status
):
    with during(5, what):
        assert video() == status
    assert "what was done is kept: run the same command again to continue" in capsys.readouterr().err
    assert {name: text.count("\n") for name, text in texts(folder).items()} == {
        "boxes_1.txt": 5,
        "polygons_1.txt": 5,
        "scores_1.txt": 5,
    }
    assert sorted(path.name for path in (folder / "masks").iterdir()) == [f"{index:05d}.png" for index in range(5)]
    assert frames_of(tmp_path / "out.mp4") == 5
    assert not list(tmp_path.rglob(".*"))
    with during(3, what):  # sooner: nothing is lost
        assert video() == status
    assert frames_of(tmp_path / "out.mp4") == texts(folder)["boxes_1.txt"].count("\n") == 5
    assert video() == 0
    assert texts(folder) == undisturbed
    assert frames_of(tmp_path / "out.mp4") == FRAMES
    assert sorted(path.name for path in tmp_path.glob("*.mp4")) == ["out.mp4", "whole.mp4"]


def test_what_is_finished_is_not_done_again(video, folder, during, tmp_path, capsys):
    assert video() == 0
    with during(1, interrupt):
        assert video() == 0
    assert f"finished before: {tmp_path / 'out.mp4'}, {folder}" in capsys.readouterr().out
    (tmp_path / "out.mp4").unlink()
    assert video() == 0
    assert frames_of(tmp_path / "out.mp4") == FRAMES
    assert [path.name for path in folder.parent.iterdir()] == ["video_clip"]


def test_a_full_disk_is_one_sentence_and_the_run_goes_on(video, folder, undisturbed, full_disk, capsys, tmp_path):
    with full_disk(2000):  # more than the manifest, less than the video and the lines
        assert video("--results", str(tmp_path / "results")) == 2
    (error,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert "cannot be written (File too large)" in error
    assert "kept" in error
    assert len({text.count("\n") for text in texts(folder).values()}) <= 1
    assert video() == 0
    assert texts(folder) == undisturbed
    assert frames_of(tmp_path / "out.mp4") == FRAMES


def test_inputs_of_one_name_do_not_share_results(video, clip, folder, undisturbed, tmp_path, capsys):
    (tmp_path / "other").mkdir()
    shutil.copy(clip / "clip.mp4", tmp_path / "other")
    for source, path in ((clip / "clip.mp4", folder), (tmp_path / "other" / "clip.mp4", f"{folder}_2")):
        for _ in range(2):
            assert video(source=source, name=f"{source.parent.name}.mp4") == 0
            assert texts(pathlib.Path(path)) == undisturbed
    assert len(list(folder.parent.iterdir())) == 2
    assert f"{folder} holds those of {clip / 'clip.mp4'}; they are kept, and these go to {folder}_2" in (
        capsys.readouterr().out
    )


def test_files_of_others_are_kept(video, folder, tmp_path):
    (tmp_path / "out.mp4").write_bytes(b"mine")
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    (tmp_path / "frames").mkdir()
    assert video() == 0
    assert (tmp_path / "out.mp4").read_bytes() == b"mine"
    assert frames_of(tmp_path / "out_2.mp4") == FRAMES
    assert (folder / "notes.txt").read_text() == "mine"
    assert texts(folder)["boxes_1.txt"].count("\n") == FRAMES


def test_an_unreadable_frame_keeps_what_is_before_it_and_is_gone_on_from(video, results, tmp_path, capsys, clip):
    images = tmp_path / "frames"
    shutil.copytree(clip / "vot" / "easy" / "color", images)
    damaged = sorted(images.iterdir())[7]
    sound = damaged.read_bytes()
    damaged.write_bytes(b"damaged")
    folder = results / "ncc" / "default" / "video_frames"
    assert video(source=images) == 1
    assert damaged.name in capsys.readouterr().err
    assert frames_of(tmp_path / "out.mp4") == texts(folder)["boxes_1.txt"].count("\n") == 7
    damaged.write_bytes(sound)
    assert video(source=images) == 0
    assert frames_of(tmp_path / "out.mp4") == texts(folder)["boxes_1.txt"].count("\n") == FRAMES
    damaged.write_bytes(b"damaged")
    assert video("--on-bad-frame", "skip", "--results", str(tmp_path / "other"), source=images) == 0
    lines = texts(tmp_path / "other")["boxes_1.txt"].splitlines()
    assert len(lines) == FRAMES
    assert lines[7] == lines[6]


class LostCamera:
    """Delivers 5 images, then disappears."""

    def __init__(self, *address):
        self.left = 5

    def read(self):
        self.left -= 1
        return (True, np.full((72, 96, 3), 40, np.uint8)) if self.left >= 0 else (False, None)

    def get(self, key):
        return 10.0

    def release(self):
        pass


def test_a_lost_camera_leaves_what_it_saw_each_time(results, tmp_path, monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", LostCamera)
    monkeypatch.setattr(camera, "LOST_SECONDS", 0.05)
    command = [*TRACKER, *BOX, "--save_results", "--no-live", "--output", str(tmp_path / "seen.mp4")]
    for _ in range(2):
        assert run_webcam(command) == 0
    monkeypatch.undo()
    saved = list(tmp_path.rglob("boxes_1.txt"))
    assert sorted(path.parent.name for path in saved) == ["video_camera0", "video_camera0_2"]
    assert {path.read_text().count("\n") for path in saved} == {5}
    assert [frames_of(tmp_path / name) for name in ("seen.mp4", "seen_2.mp4")] == [5, 5]


@pytest.mark.parametrize("command", ["video", "webcam"])
@pytest.mark.parametrize("output", ["in.mp4", "hard.mp4", "link.mp4"])
def test_output_onto_input_is_refused_before_anything_is_opened(clip, results, tmp_path, capsys, command, output):
    shutil.copy(clip / "clip.mp4", tmp_path / "in.mp4")
    os.link(tmp_path / "in.mp4", tmp_path / "hard.mp4")
    (tmp_path / "link.mp4").symlink_to("in.mp4")
    before = (tmp_path / "in.mp4").read_bytes()
    given = [str(tmp_path / "in.mp4"), *BOX, "--output", str(tmp_path / output)]
    assert (run_video([*TRACKER, *given]) if command == "video" else run_webcam([*TRACKER, "--camera", *given])) == 2
    assert "would be written over the input" in capsys.readouterr().err
    assert (tmp_path / "in.mp4").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hard.mp4", "in.mp4", "link.mp4"]


def test_results_onto_their_masks_are_refused(clip, results, capsys):
    """As when the masks of a run start the next one."""
    masks = results / "ncc" / "default" / "video_clip" / "masks"
    masks.mkdir(parents=True)
    shutil.copy(clip / "mask.png", masks / "00000.png")
    assert run_video([*TRACKER, str(clip / "clip.mp4"), "--mask", str(masks), "--save_results"]) == 0
    assert "holds some of unknown origin; they are kept" in capsys.readouterr().out
    assert (masks / "00000.png").read_bytes() == (clip / "mask.png").read_bytes()
    assert len(list((results / "ncc" / "default" / "video_clip_2" / "masks").iterdir())) == FRAMES


def test_results_onto_a_dataset_are_refused(clip, tmp_path, capsys):
    shutil.copytree(clip / "vot", tmp_path / "ncc" / "default")
    given = ["--dataset_name", str(tmp_path / "ncc" / "default"), "--results", str(tmp_path), "--force"]
    assert run_tracker([*TRACKER, *given]) == 2
    assert "default would be written over the input" in capsys.readouterr().err
    assert not list(tmp_path.rglob("manifest.json"))


def test_a_stopped_run_over_a_dataset_goes_on(clip, results, during, tmp_path, capsys):
    command = [*TRACKER, "--dataset_name", str(clip / "vot")]
    assert run_tracker([*command, "--results", str(tmp_path / "whole")]) == 0
    with during(FRAMES + 5, kill(signal.SIGTERM)):
        assert run_tracker(command) == 143
    assert "what was finished is kept: run the same command again to continue" in capsys.readouterr().err
    folder = results / "ncc" / "default"
    assert sorted(path.name for path in folder.iterdir() if path.suffix == ".txt") == ["easy.txt", "easy_time.txt"]
    assert not list(results.rglob(".*"))
    assert run_tracker(command) == 0
    assert texts(results) == texts(tmp_path / "whole")


def test_a_full_disk_ends_a_run_over_a_dataset_and_keeps_what_was_finished(clip, results, monkeypatch, capsys):
    real = pathlib.Path.write_text

    def write_text(self, *arguments, **options):
        if self.name.endswith("rotation.txt"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, *arguments, **options)

    command = [*TRACKER, "--dataset_name", str(clip / "vot")]
    with monkeypatch.context() as patch:
        patch.setattr(pathlib.Path, "write_text", write_text)
        assert run_tracker(command) == 2
    assert "rotation.txt cannot be written (No space left on device); make room" in capsys.readouterr().err
    folder = results / "ncc" / "default"
    assert sorted(texts(folder)) == ["easy.txt"]
    assert not list(results.rglob(".*"))
    assert run_tracker(command) == 0
    assert len(texts(folder)) == 3


def test_masks_of_a_stopped_video_are_made_again(results, during, tmp_path, monkeypatch):
    """A video whose run was stopped midway has complete masks that are not yet a result."""
    monkeypatch.setenv("DMB_CACHE", str(tmp_path / "cache"))
    write_youtube_vos([render_video("companions", 8, (96, 72))], tmp_path / "set")
    command = [*TRACKER, "--dataset_name", str(tmp_path / "set")]
    with during(7, kill(signal.SIGTERM)):
        assert run_tracker(command) == 143
    masks = results / "ncc" / "default" / "companions"
    assert 1 < len(list(masks.iterdir())) < 8
    assert all(read_mask(path).any() for path in masks.iterdir())
    write_mask(masks / "mine.png", np.ones((3, 3), np.uint8))
    assert run_tracker(command) == 0
    assert len(list(masks.iterdir())) == 9


def test_a_size_change_is_scaled_and_named(results, tmp_path, caplog):
    images = tmp_path / "frames"
    images.mkdir()
    for index in range(4):
        size = (72, 96) if index < 2 else (36, 48)
        write_image(images / f"{index}.png", np.random.default_rng(0).integers(0, 255, (*size, 3)).astype(np.uint8))
    assert run_video([*TRACKER, str(images), *BOX, "--save_results"]) == 0
    assert "2.png is 48 x 36 pixels" in caplog.text
    assert texts(results)["boxes_1.txt"].count("\n") == 4
