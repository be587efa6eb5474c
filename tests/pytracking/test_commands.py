"""Every command, run for real on rendered data."""

import importlib
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

from libs.dataset.rendered.videos import render_video, write_youtube_vos
from libs.media.images import read_image, write_image
from libs.media.masks import read_mask, write_mask
from libs.media.sources import open_source
from pytracking.analysis.__main__ import main as analyse
from pytracking.evaluation.tracker import Tracker
from pytracking.experiments import examples
from pytracking.run_experiment import main as run_experiment
from pytracking.run_tracker import main as run_tracker
from pytracking.run_video import main as run_video
from pytracking.run_webcam import main as run_webcam
from pytracking.session import Session

COMMANDS = ("run_tracker", "run_experiment", "run_video", "run_webcam", "run_vot")
NCC = ("ncc", "default")


def frames_of(video):
    return int(cv2.VideoCapture(str(video)).get(cv2.CAP_PROP_FRAME_COUNT))


def start(command, folder):
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=folder,
        env={**environment, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_help_by_path_from_another_folder_and_as_module(command, scripts, tmp_path, capsys):
    shown = start([scripts / f"{command}.py", "--help"], tmp_path)
    assert shown.returncode == 0
    assert f"usage: python pytracking/{command}.py" in shown.stdout
    assert "examples:" in shown.stdout
    with pytest.raises(SystemExit) as end:
        importlib.import_module(f"pytracking.{command}").main(["--help"])
    assert end.value.code == 0


def test_video_from_a_box_as_a_module_without_display(clip, tmp_path):
    command = ["-m", "pytracking.run_video", *NCC, clip / "clip.mp4", "--optional_box", 60, 25, 28, 16]
    done = start([*command, "--output", "out.mp4", "--save_results"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert frames_of(tmp_path / "out.mp4") == 12
    folder = tmp_path / "results" / "ncc" / "default" / "video_clip"
    assert np.loadtxt(folder / "boxes_1.txt", delimiter="\t").shape == (12, 4)
    assert "12 frames" in done.stdout


BOX, PART_OUTSIDE = [60, 25, 28, 16], [-3, -0.5, 28, 16]


@pytest.mark.parametrize(
    ("arguments", "boxes"),
    [
        ("--optional_box 60 25 28 16 clip.mp4", [BOX]),
        ("clip.mp4 --optional_box 60,25,28,16", [BOX]),
        ("clip.mp4 --optional_box=60, 25, 28, 16", [BOX]),
        ("--optional_box -1e-05 25 +28. 16 clip.mp4 --debug 0", [[0, 25, 28, 16]]),
        ("clip.mp4 --optional_box -3 -.5 28 16 --optional_box 60 25 60 41 88 41 88 25", [PART_OUTSIDE, BOX]),
    ],
)
def test_video_with_boxes_as_they_are_typed(clip, results, monkeypatch, arguments, boxes):
    monkeypatch.chdir(clip)
    assert run_video([*NCC, *arguments.split(), "--save_results"]) == 0
    files = sorted((results / "ncc" / "default" / "video_clip").glob("boxes_*"))
    assert [np.loadtxt(file)[0].tolist() for file in files] == [pytest.approx(box, abs=1e-4) for box in boxes]


def test_video_by_the_dmb_tracker_from_two_objects_of_a_mask(clip, small_sequences, results):
    mask = small_sequences[0].mask(0).astype(np.uint8)
    mask[:20, :20] = 2
    write_mask(clip / "two.png", mask)
    arguments = ["DMB", "DMB_default_params", clip / "vot" / "easy" / "color", "--mask", clip / "two.png"]
    assert run_video([*map(str, arguments), "--save_results", "--runid", "1"]) == 0
    folder = results / "DMB" / "DMB_default_params_001" / "video_color"
    assert sorted(path.name for path in folder.iterdir()) == [
        "boxes_1.txt",
        "boxes_2.txt",
        "manifest.json",
        "masks",
        "polygons_1.txt",
        "polygons_2.txt",
        "scores_1.txt",
        "scores_2.txt",
    ]
    centres = np.loadtxt(folder / "polygons_1.txt", delimiter="\t").reshape(12, 4, 2).mean(axis=1)
    truth = [polygon.mean(axis=0) for polygon in small_sequences[0].polygons]
    assert np.linalg.norm(centres - truth, axis=1).max() < 15
    masks = [read_mask(path) for path in sorted((folder / "masks").iterdir())]
    assert np.array_equal(masks[0], mask)
    assert len(masks) == 12
    assert set(np.unique(masks[5])) <= {0, 1, 2}


def test_video_whose_objects_begin_later_in_a_folder_of_masks(clip, results, tmp_path):
    first, second = np.zeros((72, 96), np.uint8), np.zeros((72, 96), np.uint8)
    first[30:40, 30:50], second[5:15, 60:80] = 3, 7
    for index, mask in ((2, first), (6, second)):
        write_mask(tmp_path / f"{index:05d}.png", mask)
    assert run_video([*NCC, str(clip / "clip.mp4"), "--mask", str(tmp_path), "--save_results"]) == 0
    folder = results / "ncc" / "default" / "video_clip"
    begins = {n: np.isnan(np.loadtxt(folder / f"boxes_{n}.txt")[:, 0]).sum() for n in (3, 7)}
    assert begins == {3: 2, 7: 6}
    shown = [set(np.unique(read_mask(folder / "masks" / f"{index:05d}.png"))) - {0} for index in (0, 1, 2, 5, 6, 11)]
    assert shown == [set(), set(), {3}, {3}, {3, 7}, {3, 7}]


def boxes_of(folder, number=1):
    return np.loadtxt(folder / f"boxes_{number}.txt", ndmin=2)


def test_a_later_mask_corrects_and_one_in_the_middle_is_enough_backwards(clip, small_sequences, results, tmp_path):
    """On a grey picture, where NCC moves left by half its box a frame."""
    for folder in ("grey", "masks"):
        (tmp_path / folder).mkdir()
    for index in range(12):
        write_image(tmp_path / "grey" / f"{index:03d}.png", np.full((72, 96, 3), 90, np.uint8))
    for index, column in ((4, 10), (9, 50)):
        mask = np.zeros((72, 96), np.uint8)
        mask[20:40, column : column + 20] = 1
        write_mask(tmp_path / "masks" / f"{index:03d}.png", mask)
    arguments = [*NCC, str(tmp_path / "grey"), "--mask", str(tmp_path / "masks"), "--save_results"]
    assert run_video(arguments) == 0
    folder = results / "ncc" / "default" / "video_grey"
    left = boxes_of(folder)[:, 0]
    assert np.isnan(left[:4]).all()
    assert (left[4], left[9]) == (10, 50)
    assert run_video([*arguments, "--backwards"]) == 0
    # Another run, so that the first one's results are kept.
    left = boxes_of(results / "ncc" / "default" / "video_grey_2")[:, 0]
    assert len(left) == 12
    assert np.isfinite(left).all()
    assert left[:7].max() == left[4] == 10
    assert left[7:].tolist() == [30, 40, 50, 40, 30]


def test_a_part_of_a_video_as_a_gif(clip, results, tmp_path, capsys):
    options = ["--optional_box", "60", "25", "28", "16", "--start", "2", "--end", "11", "--stride", "3"]
    out = tmp_path / "out.gif"
    assert run_video([*NCC, str(clip / "clip.mp4"), *options, "--save_results", "--output", str(out)]) == 0
    assert len(boxes_of(results / "ncc" / "default" / "video_clip")) == 3
    assert f"written: {out} (GIF)" in capsys.readouterr().out
    with open_source(out) as source:
        assert len(list(source)) == 3


@pytest.mark.parametrize("named", [NCC, []])
def test_several_videos_with_one_network(clip, small_sequences, results, tmp_path, monkeypatch, named):
    built = []
    real = Tracker.create_tracker
    ncc = Tracker("ncc", "default")
    monkeypatch.setattr(Tracker, "create_tracker", lambda self: built.append(1) or real(ncc))
    videos = [clip / "clip.mp4", clip / "vot" / "rotation" / "color"]
    for name, sequence in zip(("clip", "color"), small_sequences, strict=False):
        (tmp_path / "masks" / name).mkdir(parents=True)
        write_mask(tmp_path / "masks" / name / "00000.png", sequence.mask(0))
    (tmp_path / "masks" / "color" / "00000.png").rename(tmp_path / "masks" / "color" / "00000001.png")
    options = ["--mask", str(tmp_path / "masks"), "--save_results", "--output", str(tmp_path / "out.mp4")]
    assert run_video([*named, *map(str, videos), *options]) == 0
    assert built == [1]
    folders = sorted(path for path in results.rglob("video_*"))
    assert [folder.name for folder in folders] == ["video_clip", "video_color"]
    assert [len(boxes_of(folder)) for folder in folders] == [12, 12]
    assert sorted(path.name for path in tmp_path.glob("*.mp4")) == ["out_clip.mp4", "out_color.mp4"]


def test_debug_pictures_of_the_dmb_tracker_without_display(clip, results, monkeypatch, capsys):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pytracking.evaluation.debug.can_show", lambda: False)
    monkeypatch.setattr("pytracking.evaluation.video_command.can_show", lambda: False)
    dmb = ["DMB", "DMB_default_params"]
    options = ["--mask", str(clip / "mask.png"), "--debug", "1"]
    assert run_video([*dmb, str(clip / "clip.mp4"), *options]) == 0
    pictures = results / "DMB" / "DMB_default_params" / "debug" / "video_clip"
    assert f"written: {pictures}" in capsys.readouterr().out
    shapes = {read_image(path).shape for path in pictures.iterdir()}
    assert len(list(pictures.iterdir())) == 12
    assert len(shapes) == 1
    height, width, _ = shapes.pop()
    # Far larger than a frame of 96 x 72: the panels of the tracker's own picture.
    assert height > 400
    assert width > 1000
    assert run_webcam([*NCC, "--camera", str(clip / "clip.mp4"), *options]) == 0
    assert len(list((results / "ncc" / "default" / "debug" / "video_clip").iterdir())) == 12
    with pytest.raises(SystemExit) as end:
        run_video([*dmb, str(clip / "clip.mp4"), "--debug", "5"])
    assert end.value.code == 2


def test_objects_of_a_dataset_from_tracking_to_their_scores(results, tmp_path, monkeypatch, capsys):
    """The official layout on disk, with one object that begins later: run, score, pack."""
    monkeypatch.setenv("DMB_CACHE", str(tmp_path / "cache"))
    write_youtube_vos([render_video("companions", 10, (96, 72))], tmp_path / "valid")
    dataset = ["--dataset_name", f"youtubevos_valid={tmp_path}"]
    assert run_tracker(["DMB", "DMB_default_params", *dataset, "--sequence", "companions"]) == 0
    run = results / "DMB" / "DMB_default_params"
    assert sorted(path.name for path in run.glob("*.txt")) == [
        *(f"companions-{number}.txt" for number in (1, 2, 3)),
        "companions_time.txt",
    ]
    masks = [read_mask(path) for path in sorted((run / "companions").iterdir())]
    assert set(np.unique(masks[0])) == {0, 1, 2}
    assert any((mask == 3).any() for mask in masks)
    tracker = "DMB/DMB_default_params"
    assert analyse(["vos", *dataset, "--trackers", tracker]) == 0
    assert "| companions-3" in capsys.readouterr().out
    assert analyse(["pack", "youtubevos", *dataset, "--tracker", tracker]) == 0
    assert analyse(["playback", *dataset, "--trackers", tracker, "--sequence", "companions-3"]) == 0
    assert (results / "analysis" / "companions-3.mp4").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.mp4", "--optional_box", "1", "1", "9", "9"], "video absent.mp4 does not exist"),
        (["mask.txt", "--optional_box", "1", "1", "9", "9"], "mask.txt cannot be read"),
        (["clip.mp4", "--optional_box", "900", "1", "9", "9"], "lies wholly outside the image of 96 x 72"),
        (["clip.mp4", "--optional_box", "1", "2", "3"], "--optional_box: expected 4 or 8 numbers, not '1 2 3'"),
        (["clip.mp4", "--optional_box", "1,5", "2,5", "9,5", "9,5"], "can be 4 numbers with decimal commas or 8"),
        (["clip.mp4", "--mask", "absent.png"], "absent.png does not exist"),
        (["clip.mp4", "--mask", "small.png"], "mask of shape (10, 10) for an image of shape (72, 96)"),
        (["clip.mp4", "--mask", "late"], "late: 00099 belongs to no frame of clip"),
        (["clip.mp4"], "there is no display"),
        (["clip.mp4", "--mask", "mask.png", "--output", "a.txt"], "must end in .mp4, .mov, .mkv, .webm, .avi or .gif"),
        (["clip.mp4", "--mask", "mask.png", "--start", "12"], "clip has 12 frames, so that none is at 12"),
        (["clip.mp4", "--mask", "mask.png", "--stride", "0"], "a stride of 1 or more"),
        (["clip.mp4", "--backwards"], "--backwards needs an object that is shown somewhere"),
        (["clip.mp4", "clip.mp4", "--mask", "late"], "late has no masks of clip.mp4; put them into late/clip"),
    ],
)
def test_bad_input_is_named_without_a_trace(clip, results, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(clip)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    (clip / "mask.txt").write_text("no video")
    write_mask(clip / "small.png", np.ones((10, 10), np.uint8))
    (clip / "late").mkdir(exist_ok=True)
    write_mask(clip / "late" / "00099.png", np.ones((72, 96), np.uint8))
    assert run_video([*NCC, *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not results.exists()


def test_webcam_is_the_same_machinery(clip, results, monkeypatch, tmp_path, capsys):
    assert run_webcam([*NCC, "--camera", str(clip / "clip.mp4"), "--mask", str(clip / "mask.png")]) == 0
    assert "nothing will be written" in capsys.readouterr().out
    assert run_webcam([*NCC, "--camera", "97", "--mask", str(clip / "mask.png")]) == 2
    assert "camera or stream camera97 cannot be read" in capsys.readouterr().err


def test_tracker_over_a_dataset_and_one_sequence_of_it(clip, results):
    dataset = str(clip / "vot")
    assert run_tracker([*NCC, "--dataset_name", dataset, "--sequence", "1"]) == 0
    folder = results / "ncc" / "default"
    assert [path.name for path in folder.glob("*.txt") if "_time" not in path.name] == ["rotation.txt"]
    assert run_tracker([*NCC, "--dataset_name", dataset, "--threads", "2"]) == 0
    assert len(list(folder.glob("*_time.txt"))) == 3


def test_tracker_with_a_sequence_that_fails(clip, tmp_path, capsys):
    from libs.dataset.readers.vot import load_vot
    from libs.dataset.rendered.sequences import write_vot

    write_vot(load_vot(clip / "vot"), tmp_path / "vot")
    (tmp_path / "vot" / "rotation" / "color" / "00000005.jpg").write_bytes(b"damaged")
    command = [*NCC, "--dataset_name", str(tmp_path / "vot"), "--results", str(tmp_path / "results")]
    assert run_tracker(command) == 1
    assert "failed: ncc/default, rotation: image" in capsys.readouterr().err
    assert len(list((tmp_path / "results").rglob("*_time.txt"))) == 2
    assert run_tracker([*NCC, "--dataset_name", str(tmp_path / "nothing")]) == 2


def test_experiment(small_sequences, results, monkeypatch):
    monkeypatch.setattr(examples, "get_dataset", lambda *names: small_sequences[:1])
    real = examples.trackerlist
    # The DMB tracker has its own test above.
    monkeypatch.setattr(examples, "trackerlist", lambda name, *rest: [] if name == "DMB" else real(name, *rest))
    assert run_experiment(["examples", "dmb_against_ncc"]) == 0
    assert (results / "ncc" / "default" / "easy.txt").is_file()
    assert run_experiment(["examples", "nothing"]) == 2


@pytest.mark.slow
def test_a_saved_session_is_gone_on_with(tmp_path, capsys):
    """Continues after the frame at which it was saved, with the saved tracker, and gives the same masks."""
    video = render_video("easy", 4, (96, 72))
    (tmp_path / "clip").mkdir()
    for index in range(4):
        write_image(tmp_path / "clip" / f"{index}.png", video.frame(index))
    session = Session(Tracker("DMB").create_tracker(device="cpu", memory_interval=3))
    session.add(video.frame(0), mask=video.labels(0) == 1)
    session.step(video.frame(1))
    session.save(tmp_path / "clip.session")
    arguments = [str(tmp_path / "clip"), "--resume", str(tmp_path / "clip.session"), "--results", str(tmp_path / "r")]
    assert run_video([*arguments, "--save_results"]) == 0
    (folder,) = (tmp_path / "r").rglob("video_clip")
    assert sorted(path.name for path in (folder / "masks").iterdir()) == ["00002.png", "00003.png"]
    for index in (2, 3):
        expected = session.step(video.frame(index))[1].mask
        assert np.array_equal(read_mask(folder / f"masks/{index:05d}.png") == 1, expected)
    assert run_video([*arguments, "--save_results", "--set", "memory_interval=4"]) == 2
    assert "memory_interval: 3 there, 4 now" in capsys.readouterr().err
    assert run_video([*arguments, "--optional_box", "1", "2", "3", "4"]) == 2
    assert "--resume continues one video" in capsys.readouterr().err
