"""Every path that a command takes may look like something else: a protocol, a pattern, an option, NAME=FOLDER."""

import pathlib
import shutil

import numpy as np
import pytest

from libs.media.sources import open_source
from pytracking.analysis.__main__ import main as analyse
from pytracking.run_tracker import main as run_tracker
from pytracking.run_video import main as run_video
from pytracking.run_webcam import main as run_webcam
from votTester.cli import main as run_vot_test

TRACKER = ("ncc", "default")
NAMES = [
    "a=b",
    "otb=x",
    "a:b",
    "rtsp:x",
    "file:x",
    "100%d",
    "%05d",
    "#1",
    "a b",
    " ",
    "[x]",
    "a*b?",
    "日本語",
    "é",
    "0",
]
ALL_IN_ONE = "otb=a:b #1 100%d [x] é"
DASHED = "-clip"


@pytest.fixture
def inputs(clip, tmp_path, monkeypatch):
    """Function that puts the inputs of every command into the working folder under a given name."""
    monkeypatch.chdir(tmp_path)

    def put(name):
        pathlib.Path(name).mkdir()
        shutil.copy(clip / "clip.mp4", f"{name}/{name}.mp4")
        shutil.copy(clip / "mask.png", f"{name}/{name}.png")
        shutil.copytree(clip / "vot", f"{name}/set")
        shutil.copytree(clip / "vot" / "easy" / "color", f"{name}/frames {name}")
        parameters = "from pytracking.parameter.ncc.default import parameters"
        pathlib.Path(f"{name}/{name}.py").write_text(f"{parameters}\n")
        return name

    return put


def boxes(folder):
    return [np.loadtxt(path).shape for path in sorted(pathlib.Path(folder).rglob("boxes_1.txt"))]


@pytest.mark.parametrize("name", NAMES)
def test_a_video_its_mask_parameters_and_outputs(inputs, name):
    inputs(name)
    given = ["--mask", f"{name}/{name}.png", "--param", f"{name}/{name}.py", "--output", f"{name}/out{name}.mp4"]
    assert run_video(["ncc", f"{name}/{name}.mp4", *given, "--save_results", "--results", f"{name}/results"]) == 0
    assert boxes(f"{name}/results") == [(12, 4)]
    with open_source(f"{name}/out{name}.mp4") as source:
        assert len(list(source)) == 12
    assert [path.name for path in pathlib.Path().iterdir()] == [name]


def test_images_and_the_path_of_a_camera(inputs):
    name = inputs(ALL_IN_ONE)
    given = ["--mask", f"{name}/{name}.png", "--save_results", "--results"]
    assert run_video([*TRACKER, f"{name}/frames {name}", *given, f"{name}/of images"]) == 0
    assert run_webcam([*TRACKER, "--camera", f"{name}/{name}.mp4", *given, f"{name}/seen"]) == 0
    assert boxes(f"{name}/of images") == boxes(f"{name}/seen") == [(12, 4)]


@pytest.mark.parametrize("name", ["a=b", "otb=x", "a:b", ALL_IN_ONE])
@pytest.mark.parametrize("dataset", ["{}/set", "vot2018={}/set", "./{}/set"])
def test_datasets_as_folders_and_behind_their_name(inputs, name, dataset):
    inputs(name)
    given = ["--dataset_name", dataset.format(name), "--sequence", "easy", "--results", f"{name}/results"]
    assert run_tracker([*TRACKER, *given]) == 0
    assert np.loadtxt(f"{name}/results/ncc/default/easy.txt").shape == (12, 4)


def test_the_working_folder_itself(inputs, monkeypatch):
    monkeypatch.chdir(inputs(ALL_IN_ONE))
    assert run_video([*TRACKER, f"{ALL_IN_ONE}.mp4", "--mask", f"{ALL_IN_ONE}.png", "--output", "x:y=z.mp4"]) == 0
    assert pathlib.Path("x:y=z.mp4").stat().st_size > 1000


@pytest.mark.slow
def test_scores_and_reports(inputs, capsys):
    name = inputs(ALL_IN_ONE)
    results, dataset = ["--results", f"{name}/results"], f"{name}/set"
    assert run_tracker([*TRACKER, "--dataset_name", dataset, *results]) == 0
    given = ["--dataset_name", dataset, "--trackers", "ncc/default", *results]
    assert analyse(["ope", *given, "--output", f"{name}/report"]) == 0
    assert analyse(["playback", *given, "--sequence", "easy", "--output", f"{name}/videos"]) == 0
    assert {path.name for path in pathlib.Path(name, "report").iterdir()} >= {"ope.csv", "ope.html", "success_set.png"}
    with open_source(f"{name}/videos/easy.mp4") as source:
        assert len(list(source)) == 12
    vot = ["--tracker", "ncc", "--dataset", dataset, "--sequences", "easy", "--save-video", *results]
    assert run_vot_test(vot) == 0
    assert pathlib.Path(name, "results", "set", "result_0", "videos", "easy.mp4").is_file()


@pytest.mark.parametrize("given", [[f"./{DASHED}.mp4"], ["--", f"{DASHED}.mp4"]])
def test_a_leading_dash(clip, tmp_path, monkeypatch, given):
    """As in any program: after `./`, after `--`, or after `=`."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(clip / "clip.mp4", f"{DASHED}.mp4")
    shutil.copy(clip / "mask.png", f"{DASHED}.png")
    options = [f"--mask={DASHED}.png", f"--output={DASHED}_out.mp4", f"--results={DASHED}", "--save_results"]
    assert run_video(["--tracker", "ncc", *options, *given]) == 0
    assert pathlib.Path(f"{DASHED}_out.mp4").is_file()
    assert boxes(DASHED) == [(12, 4)]
