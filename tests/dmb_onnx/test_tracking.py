"""The runtime tracks as the torch tracker does: the mini set and a real sequence, from a box and from a mask."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

from dmb_onnx import InputError, Tracker, __version__
from dmb_onnx.video import read_mask
from libs.dataset.loading import load_folder
from libs.dataset.rendered.sequences import mini_set
from libs.dataset.rendered.videos import render_video
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.utils.metrics import region_similarity
from pytracking.evaluation.tracker import Tracker as OurTracker
from pytracking.session import Session

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).parents[2]
MINI = {sequence.name: sequence for sequence in mini_set()}
FRAMES = 30


@pytest.fixture(scope="module")
def torch_tracker():
    return OurTracker("DMB", "DMB_default_params").create_tracker(device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def onnx_tracker(exported):
    return Tracker(str(exported))


def start_of(sequence, how):
    polygon = sequence.polygons[0]
    box = [*polygon.min(axis=0), *np.ptp(polygon, axis=0)]
    return {"init_bbox": box} if how == "box" else {"init_mask": sequence.mask(0)}


def follow(tracker, frames, info):
    """The results of each frame."""
    return [tracker.initialize(frames[0], info), *(tracker.track(frame) for frame in frames[1:])]


def assert_alike(ours, theirs):
    """Mask IoU over 0.99 in 99 % of the frames; two empty masks count as equal."""
    ious = [
        region_similarity(a["segmentation"], b["segmentation"])
        if a["segmentation"].any()
        else not b["segmentation"].any()
        for a, b in zip(ours, theirs, strict=True)
    ]
    assert np.mean(np.array(ious, float) > 0.99) >= 0.99, ious
    boxes = [[out["target_bbox"] for out in results] for results in (ours, theirs)]
    assert np.mean(np.abs(np.subtract(*boxes)).max(axis=1) < 0.5) >= 0.99
    assert [out["state"] for out in ours] == [out["state"].value for out in theirs]


@pytest.mark.parametrize("how", ["box", "mask"])
@pytest.mark.parametrize("name", MINI)
def test_mini_set(name, how, onnx_tracker, torch_tracker):
    frames = [MINI[name].frame(index) for index in range(FRAMES)]
    info = start_of(MINI[name], how)
    assert_alike(follow(onnx_tracker, frames, info), follow(torch_tracker, frames, info))


@pytest.mark.parametrize("how", ["box", "mask"])
def test_real_sequence(how, onnx_tracker, torch_tracker, real_vot):
    (sequence,) = [sequence for sequence in load_folder(real_vot) if sequence.name == "car"]
    frames = [sequence.frame(index) for index in range(100)]
    info = start_of(sequence, "box")
    if how == "mask":
        info = {"init_mask": torch_tracker.initialize(frames[0], info)["segmentation"]}
    assert_alike(follow(onnx_tracker, frames, info), follow(torch_tracker, frames, info))


@pytest.fixture
def clip(tmp_path):
    """Folder with 12 images `clip/`, the first `mask.png`; and the first box."""
    sequence = MINI["rotation"]
    (tmp_path / "clip").mkdir()
    for index in range(12):
        write_image(tmp_path / "clip" / f"{index:08d}.png", sequence.frame(index))
    write_mask(tmp_path / "mask.png", sequence.mask(0))
    return [str(number) for number in start_of(sequence, "box")["init_bbox"]]


def test_command(dmb_onnx_track, clip, tmp_path):
    done = dmb_onnx_track("clip", "--box", *clip, "--output", "out.mp4", "--results", "found")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("12 frames, ")
    assert np.loadtxt(tmp_path / "found" / "boxes.txt").shape == (12, 4)
    assert len(list((tmp_path / "found" / "masks").iterdir())) == 12
    # A separate video, and nothing is overwritten.
    again = dmb_onnx_track("out.mp4", "--mask", "mask.png", "--results", "found")
    assert again.returncode == 2
    assert "found is there already; give another name" in again.stderr
    assert dmb_onnx_track("out.mp4", "--mask", "mask.png", "--results", "other").returncode == 0


def bad_folders(exported, folder):
    """A folder of another version, one without a program, one with a damaged program; with the error for each."""
    for name, change, text in (
        ("version", lambda path: path / "tracker.json", "is of format 7, but 1 is read here; write it with: python -m"),
        ("missing", lambda path: path / "segment.onnx", "lacks segment.onnx; write it with: python -m"),
        ("damaged", lambda path: path / "encode.onnx", "encode.onnx cannot be read"),
        ("nothing", lambda path: path / "tracker.json", "tracker.json does not exist; write it with: python -m"),
    ):
        path = shutil.copytree(exported, folder / name)
        file = change(path)
        content = file.read_bytes()
        file.unlink()
        if name == "version":
            file.write_text(json.dumps({**json.loads(content), "format": 7}))
        elif name == "damaged":
            file.write_bytes(content[:1000])
        yield path, text


def test_bad_input(dmb_onnx_track, exported, clip, tmp_path):
    cases = [(["--programs", str(path)], text) for path, text in bad_folders(exported, tmp_path / "bad")]
    cases += [
        (["--box", "900", "2", "3", "4"], "box [900.0, 2.0, 3.0, 4.0] lies wholly outside the image of 320 x 240")
    ]
    for options, text in cases:
        done = dmb_onnx_track("clip", "--box", *clip, *options, "--results", "found")
        assert done.returncode == 2
        assert f"error: {options[1] if '--programs' in options else ''}" in done.stderr
        assert text in done.stderr
    (tmp_path / "notes.mp4").write_text("no video")
    for arguments, text in (
        (["clip"], "give --box X Y W H or --mask FILE"),
        (["clip", "--box", *clip, "--threads", "-1"], "--threads -1 is negative; give 0 (one a core) or more"),
        (["absent.mp4", "--box", *clip], "video absent.mp4 does not exist; give a video file or a folder of images"),
        (["notes.mp4", "--box", *clip], "video notes.mp4 cannot be read: it is damaged or cut short, or no video"),
        (["clip", "--mask", "absent.png"], "mask absent.png cannot be read"),
    ):
        done = dmb_onnx_track(*arguments)
        assert (done.returncode, text in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "found").exists()


def test_images_of_other_channels(onnx_tracker):
    with pytest.raises(InputError, match=r"image of shape \(9, 9, 2\); give \(H, W\)"):
        onnx_tracker.initialize(np.zeros((9, 9, 2), np.uint8), {"init_bbox": [1, 1, 5, 5]})


def test_several_objects_by_our_own_commands(exported, onnx_tracker, tmp_path, monkeypatch):
    """Each object is followed as if it were alone."""
    (tmp_path / "exported").symlink_to(exported)
    monkeypatch.chdir(tmp_path)
    video = render_video("similar_distractor", 4, (96, 72))
    labels = video.labels(0)
    session = Session(OurTracker("dmb_onnx:Tracker").create_tracker())
    for number in (1, 2):
        session.add(video.frame(0), mask=labels == number)
    for number in range(1, 4):
        results = session.step(video.frame(number))
    for number in (1, 2):
        alone = follow(onnx_tracker, [video.frame(index) for index in range(4)], {"init_mask": labels == number})[-1]
        np.testing.assert_array_equal(results[number].mask, alone["segmentation"])


def test_neither_torch_nor_ours_is_imported(exported):
    code = "import sys, dmb_onnx, dmb_onnx.video; dmb_onnx.Tracker(sys.argv[1]); "
    code += "print([name for name in sys.modules if name.split('.')[0] in ('torch', 'libs', 'pytracking')])"
    done = subprocess.run([sys.executable, "-c", code, exported], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class TestCpp:
    """The C++ program, if it can be built."""

    @pytest.mark.parametrize("how", ["box", "mask"])
    def test_it_follows_as_the_runtime_does(
        self, how, build_cpp, opencv_of_cpp, dmb_onnx_track, exported, clip, tmp_path
    ):
        start = ["--box", *clip] if how == "box" else ["--mask", "mask.png"]
        program = build_cpp()
        done = dmb_onnx_track("clip", *start, "--results", "python", packages=opencv_of_cpp)
        assert done.returncode == 0, done.stderr
        command = [program, "clip/%08d.png", *start, "--programs", exported, "--results", "cpp"]
        subprocess.run(command, cwd=tmp_path, check=True)
        boxes = [np.loadtxt(tmp_path / name / "boxes.txt") for name in ("cpp", "python")]
        assert np.abs(np.subtract(*boxes)).max() < 0.01
        for index in range(12):
            masks = [read_mask(str(tmp_path / name / "masks" / f"{index:08d}.png")) for name in ("cpp", "python")]
            assert region_similarity(*masks) > 0.99

    def test_bad_input(self, build_cpp, exported, clip, tmp_path):
        program = build_cpp()
        cases = [(["--programs", str(path)], text) for path, text in bad_folders(exported, tmp_path / "bad")]
        cases += [(["--box", "900", "2", "3", "4"], "box [900.0, 2.0, 3.0, 4.0] lies wholly outside the image of 320")]
        cases += [(["--box", "1", "2", "x", "4"], "'x' is not a number"), (["--other"], "--other is no option")]
        cases += [(["--threads", "-1"], "--threads -1 is negative; give 0 (one a core) or more")]
        for options, text in cases:
            command = [program, "clip/%08d.png", "--programs", exported, "--box", *clip, *options]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert (done.returncode, text in done.stderr) == (2, True), done.stderr

    def test_images_of_other_channels(self, build_cpp, exported, tmp_path):
        source, library = ROOT / "tests" / "dmb_onnx" / "channels.cpp", build_cpp().parent
        program = tmp_path / "channels"
        command = ["c++", "-std=c++17", source, "-I", ROOT / "dmb_onnx" / "cpp", "-I", "/usr/include/opencv4"]
        command += [library / "libdmb_tracker.a", library.parent / "libonnxruntime.so"]
        command += ["-lopencv_imgproc", "-lopencv_core", "-o", program]
        subprocess.run([str(word) for word in command], check=True)
        environment = {**os.environ, "LD_LIBRARY_PATH": str(library.parent)}
        done = subprocess.run([program, exported], env=environment, capture_output=True, text=True, check=True)
        rgb, *others, two, real = done.stdout.splitlines()
        assert np.abs(np.array(rgb.split(), float) - (60, 40, 40, 30)).max() < 5
        assert others == [rgb] * 3
        assert two == "image of shape (120, 160, 2); give (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) with pixels"
        assert real == "image of another type; give uint8 (0..255) or uint16 (0..65535)"

    def test_version(self, build_cpp):
        done = subprocess.run([build_cpp(), "--version"], capture_output=True, text=True, check=True)
        assert done.stdout == f"dmb-onnx-track {__version__}\n"

    def test_no_undefined_behaviour(self, build_cpp, exported, clip, tmp_path):
        command = [build_cpp(sanitize=True), "clip/%08d.png", "--box", *clip, "--programs", exported]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "ERROR" not in done.stderr
        assert "runtime error" not in done.stderr
