"""The commands of README and docs, run as written, on small data with the names used there."""

import importlib
import pathlib
import re
import shlex
import shutil

import numpy as np
import pytest

from dmb.__main__ import COMMANDS
from libs.dataset.rendered.sequences import render_sequence, write_vot
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.media.video_writer import VideoWriter
from libs.utils.polygons import polygon_to_box
from pytracking.convert import main as convert
from tests.test_documentation import MODULES, PAGES, SCRIPTS, command_texts

SIZE, FRAMES = (160, 120), 4
LEFT_OUT = {
    r"dmb video clip\.mp4$": "waits for a user at a window: tests/pytracking/evaluation/test_viewer.py",
    r"rtsp:": "needs a camera: tests/libs/media/test_sources.py",
    r"dmb web\b|pytracking\.web": "serves until it is stopped: tests/pytracking/web",
    r"run_training|train_stage2|dmb train|finetune/AMB|stage[12]/AMB": "trains, or needs what was trained: tests/ltr",
    r"pytracking\.export": "takes minutes: tests/pytracking/test_export.py, tests/dmb_onnx",
    r"birds:|mine:|spread:|backwards:|trunk:": "files of docs/extending.md: tests/pytracking/test_extending.py",
    r"more_memory": "copies a parameter file into the package: tests/pytracking/test_own_trackers.py",
    r"VOT2018\.json": "needs published results: tests/parity/test_vot2018.py",
    r"--dataset_name davis2017": "needs DAVIS's lists: tests/libs/dataset/readers/test_video_segmentation.py",
    r"analysis pack": "packs all of a dataset: tests/pytracking/analysis/test_packing.py",
    r"annotations\.xml": "needs CVAT's file: tests/pytracking/test_convert.py",
    r"--protocol NAME|\[--": "a pattern, not a command",
}
"""Commands that are not run here -> why, and what tests them."""


def documented():
    """Every command with arguments in README and docs that is run here, once each, with its module and arguments."""
    found = {}
    for page in PAGES:
        for words in command_texts(page):
            if split(words)[1]:
                found[re.sub(r"\s+", " ", words)] = None
    return list(found)


def split(words):
    """(module, arguments) of a command."""
    first, *rest = shlex.split(words)
    if first == "dmb":
        return COMMANDS[rest[0]][0], rest[1:]
    if first.removeprefix(".venv/bin/").startswith("python"):
        first, *rest = rest
    if first == "-m":
        first, *rest = rest
    return (SCRIPTS | MODULES).get(first, first), rest


def is_left_out(words):
    return any(re.search(pattern, words) for pattern in LEFT_OUT)


COMMANDS_TO_RUN = [words for words in documented() if not is_left_out(words)]


def test_most_commands_are_run_and_every_reason_counts():
    everything = documented()
    assert len(COMMANDS_TO_RUN) >= 15
    assert [pattern for pattern in LEFT_OUT if not any(re.search(pattern, words) for words in everything)] == []


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with the files that the documentation names, and folders of datasets."""
    folder = tmp_path_factory.mktemp("documented")
    sequences = [render_sequence(name, FRAMES, SIZE, seed=1) for name in ("easy", "rotation")]
    first = sequences[0]
    for name in ("frames", "b", "masks", "otb/Basketball/img"):
        (folder / name).mkdir(parents=True)
    for index in range(FRAMES):
        write_image(folder / "frames" / f"{index:05d}.png", first.frame(index))
        write_image(folder / "otb/Basketball/img" / f"{index + 1:04d}.jpg", first.frame(index))
    boxes = [polygon_to_box(polygon) + (1, 1, 0, 0) for polygon in first.polygons]
    np.savetxt(folder / "otb/Basketball/groundtruth_rect.txt", boxes, fmt="%.2f", delimiter=",")
    with VideoWriter(folder / "clip.mp4", 10.0) as video:
        for index in range(FRAMES):
            video.write(first.frame(index))
    write_mask(folder / "first.png", first.mask(0))
    for index in (0, 2):
        write_mask(folder / "masks" / f"{index:05d}.png", first.mask(index))
    write_vot(sequences, folder / "FOLDER")
    write_vot(sequences, folder / "vot2018")
    assert convert([str(folder / "masks"), str(folder / "clip.json"), "--video", str(folder / "clip.mp4")]) == 0
    return folder


@pytest.fixture
def at_work(data, tmp_path, monkeypatch):
    """The documented files in the working folder, and `mini` as small as they are."""
    work = tmp_path / "work"
    shutil.copytree(data, work)
    monkeypatch.chdir(work)
    monkeypatch.setenv("DMB_VOT2018_PATH", str(work / "vot2018"))
    monkeypatch.setenv("DMB_OTB_PATH", str(work / "otb"))
    monkeypatch.setenv("DMB_RESULTS_PATH", str(work / "results"))
    small = [render_sequence("easy", FRAMES, SIZE, seed=2)]
    monkeypatch.setattr("libs.dataset.rendered.sequences.mini_set", lambda: small)
    return work


def before(words, folder):
    """Create what an earlier command on the page leaves for this one."""
    if "a.mp4 b/" in words:
        shutil.copy("clip.mp4", "a.mp4")
        for name in ("a", "b"):
            (folder / "masks" / name).mkdir()
            shutil.copy("first.png", folder / "masks" / name / "00000.png")
        for path in folder.glob("masks/*.png"):
            path.unlink()
        shutil.copytree("frames", "b", dirs_exist_ok=True)
    if "--resume" in words:
        save_session(folder)
    if "convert results/" in words:
        run("dmb video clip.mp4 --optional_box 90 40 60 80 --save_results")
        pathlib.Path("clip.json").unlink()
    if "analysis playback" in words or "analysis ope" in words:
        for tracker in ("DMB DMB_default_params", "ncc default"):
            run(f"dmb track {tracker} --dataset_name otb")


def save_session(folder):
    from libs.media.sources import open_source
    from pytracking.evaluation.tracker import Tracker
    from pytracking.session import Session

    session = Session(Tracker("DMB").create_tracker())
    with open_source(folder / "clip.mp4") as video:
        first = next(iter(video)).image
    session.add(first, box=(90, 40, 60, 80))
    session.save(folder / "clip.session")


def run(words):
    module, arguments = split(words)
    # One process: sharing work between several has its own tests.
    for place, word in enumerate(arguments):
        if word == "--workers":
            arguments[place + 1] = "1"
    return importlib.import_module(module).main(arguments)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("words", COMMANDS_TO_RUN)
def test_a_documented_command_runs(words, at_work):
    if "opencv:" in words and not hasattr(pytest.importorskip("cv2"), "TrackerCSRT_create"):
        pytest.skip("needs opencv-contrib-python")
    before(words, at_work)
    assert run(words) in (0, None)
