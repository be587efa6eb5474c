"""Every command, run for real on rendered data."""

import importlib
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

from libs.utils.images import write_mask
from pytracking.experiments import examples
from pytracking.run_experiment import main as run_experiment
from pytracking.run_tracker import main as run_tracker
from pytracking.run_video import main as run_video
from pytracking.run_webcam import main as run_webcam

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
        "masks",
        "polygons_1.txt",
        "polygons_2.txt",
    ]
    centres = np.loadtxt(folder / "polygons_1.txt", delimiter="\t").reshape(12, 4, 2).mean(axis=1)
    truth = [polygon.mean(axis=0) for polygon in small_sequences[0].polygons]
    assert np.linalg.norm(centres - truth, axis=1).max() < 15


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.mp4", "--optional_box", "1", "1", "9", "9"], "video absent.mp4 does not exist"),
        (["mask.txt", "--optional_box", "1", "1", "9", "9"], "mask.txt cannot be read"),
        (["clip.mp4", "--optional_box", "900", "1", "9", "9"], "lies wholly outside the image of 96 x 72"),
        (["clip.mp4", "--optional_box", "1", "2", "3"], "has 3 numbers; give 4"),
        (["clip.mp4", "--mask", "absent.png"], "absent.png does not exist"),
        (["clip.mp4", "--mask", "small.png"], "mask of shape (10, 10) for an image of shape (72, 96)"),
        (["clip.mp4"], "there is no display"),
        (["clip.mp4", "--mask", "mask.png", "--output", "out.gif"], "must end in .mp4 or .avi"),
    ],
)
def test_bad_input_is_named_without_a_trace(clip, results, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(clip)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    (clip / "mask.txt").write_text("no video")
    write_mask(clip / "small.png", np.ones((10, 10), np.uint8))
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
    from libs.dataset.synthetic import write_vot
    from libs.dataset.vot import load_vot

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
