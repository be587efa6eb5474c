"""The five files of docs/extending.md, each in a folder outside the package, with the commands that the page shows."""

import csv
import pathlib
import re
import sys

import numpy as np
import pytest

from libs.dataset.rendered.videos import render_video, write_youtube_vos
from libs.media.images import write_image
from libs.models.checkpoint import load_network
from libs.utils.errors import CheckpointError
from ltr.run_training import main as run_training
from ltr.run_validation import main as run_validation
from pytracking.analysis.__main__ import main as analyse
from pytracking.evaluation.tracker import Tracker
from pytracking.run_tracker import main as run_tracker
from pytracking.run_video import main as run_video
from votTester.cli import main as run_vot_test

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "extending.md"
FILES = ("birds", "mine", "backwards", "trunk", "spread")


def documented(name):
    """The file to which the page gives this name."""
    text = PAGE.read_text()
    # The name and the code may be in different lines of the text.
    start = re.search(rf"This\s+is\s+`{name}\.py`", text).start()
    return re.search(r"```python\n(.*?)```", text[start:], re.DOTALL).group(1)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The documented files in the working folder."""
    for name in FILES:
        (tmp_path / f"{name}.py").write_text(documented(name))
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in FILES:
        sys.modules.pop(name, None)


def test_the_page_shows_no_other_files():
    assert sorted(re.findall(r"This\s+is\s+`(\w+)\.py`", PAGE.read_text())) == sorted(FILES)


def test_a_dataset_is_tracked_and_scored_by_its_name(mine, results, capsys):
    data = mine / "data" / "wren"
    (data / "frames").mkdir(parents=True)
    picture = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    for index in range(3):
        write_image(data / "frames" / f"{index}.png", picture)
    (data / "boxes.txt").write_text("11,11,20,20\n" * 3)
    dataset = ["--dataset_name", f"birds:Birds={mine / 'data'}"]
    assert run_tracker(["ncc", "default", *dataset]) == 0
    first, *_ = (results / "ncc/default/wren.txt").read_text().splitlines()
    # In the dataset's own convention, in which the corner of the image is (1, 1).
    assert first.split("\t")[:2] == ["11.0000", "11.0000"]
    assert analyse(["ope", *dataset, "--trackers", "ncc/default"]) == 0
    assert "# birds" in capsys.readouterr().out


def test_a_tracker_of_ten_lines_runs_everywhere(mine, clip, results):
    lines = [line for line in documented("mine").splitlines() if line.strip() and not line.startswith('"""')]
    assert len(lines) <= 10
    dataset = str(clip / "vot")
    assert run_vot_test(["--tracker", "mine:Still", "--dataset", dataset, "--name", "still"]) == 0
    first, second, *_ = (results / "vot/still/baseline/easy/easy_001.txt").read_text().splitlines()
    assert first == "1"
    truth = (clip / "vot/easy/groundtruth.txt").read_text().splitlines()[0]
    np.testing.assert_allclose(np.fromstring(second, sep=","), np.fromstring(truth, sep=","), atol=1e-3)
    assert run_tracker(["mine:Still", "--dataset_name", dataset]) == 0
    assert len(np.unique(np.loadtxt(results / "mine.Still/default/easy.txt"), axis=0)) == 1
    video = [str(clip / "clip.mp4"), "--optional_box", "60", "25", "28", "16", "--save_results"]
    assert run_video(["mine:Still", *video]) == 0
    boxes = np.loadtxt(results / "mine.Still/default/video_clip/boxes_1.txt")
    assert (boxes == [60, 25, 28, 16]).all()


def test_a_protocol_in_one_file_is_run_and_scored(mine, clip, results):
    common = ["--dataset_name", str(clip / "vot"), "--protocol", "backwards:Backwards"]
    assert run_tracker(["mine:Still", *common]) == 0
    boxes = np.loadtxt(results / "backwards/mine.Still/default/easy.txt")
    last = np.loadtxt(clip / "vot/easy/groundtruth.txt", delimiter=",")[-1].reshape(4, 2)
    np.testing.assert_allclose(boxes[0, :2], last.min(axis=0), atol=1e-3)
    assert analyse(["score", *common, "--trackers", "mine.Still/default"]) == 0
    with (results / "analysis" / "backwards.csv").open() as stream:
        total = [row for row in csv.DictReader(stream) if row["kind"] == "total"]
    assert [(row["results"], row["sequences"]) for row in total] == [("mine.Still/default", "3")]
    assert "<table>" in (results / "analysis" / "backwards.html").read_text()


@pytest.mark.parametrize(
    ("name", "message"),
    [("opa", "there is no protocol 'opa'; there is: "), ("mine:Still", "mine:Still is no protocol: write a class")],
)
def test_what_is_no_protocol_is_named(mine, clip, capsys, name, message):
    assert run_tracker(["mine:Still", "--dataset_name", str(clip / "vot"), "--protocol", name]) == 2
    assert message in capsys.readouterr().err


@pytest.fixture
def videos(mine):
    """Two rendered videos to train on."""
    write_youtube_vos([render_video(name, 4, (96, 72)) for name in ("easy", "rotation")], mine / "videos")
    return mine / "videos"


def train(videos, output="out", **settings):
    """A step of the smallest training; returns the exit code."""
    small = {"key_dim": 8, "value_dim": 16, "decoder_dim": 8, "validate_every": 0, "picture_every": 0, **settings}
    changes = [part for name, value in small.items() for part in ("--set", f"{name}={value}")]
    options = "--held-out rotation --crop 64 --clips 2 --batch-size 2 --epochs 1 --workers 0 --device cpu"
    return run_training(["DMB", "stage1", *options.split(), "--output", output, "--data-root", str(videos), *changes])


def test_a_backbone_in_one_file_is_trained_and_tracked_with(videos, clip, results, capsys):
    sources = "{'youtubevos': 1}"
    assert train(videos, backbone="trunk:Plain", backbone_weights="none", sources=sources) == 0
    checkpoint = "out/checkpoints/ltr/DMB/stage1/AMB_latest.pth.tar"
    # As in another process, which has not imported it yet.
    del sys.modules["trunk"]
    with pytest.raises(CheckpointError, match=r"trunk:Plain is code of your own, .*--set backbone=trunk:Plain"):
        Tracker("DMB").create_tracker(pth_path=checkpoint)
    video = [str(clip / "clip.mp4"), "--optional_box", "60", "25", "28", "16", "--save_results"]
    assert run_video([*video, "--checkpoint", checkpoint, "--set", "backbone=trunk:Plain"]) == 0
    boxes = np.loadtxt(results / "DMB/DMB_default_params/video_clip/boxes_1.txt")
    assert boxes.shape == (12, 4)
    network, _ = load_network(checkpoint)
    assert type(network.query_encoder.net) is sys.modules["trunk"].Plain
    del sys.modules["trunk"]
    assert run_validation([checkpoint, "--data", str(videos), "--backbone", "trunk:Plain"]) == 0
    assert "mean of " in capsys.readouterr().out


def test_a_policy_in_one_file_is_trained_with(videos, capsys):
    changes = {"memory_interval": 1, "memory_capacity": 3, "clip_frames": 6, "max_objects": 1}
    small = {"backbone": "resnet18", "backbone_weights": "none", "sources": "{'youtubevos': 1}", **changes}
    assert train(videos, memory_policy="spread:Spread", **small) == 0
    _, info = load_network("out/checkpoints/ltr/DMB/stage1/AMB_latest.pth.tar")
    assert info["settings"]["memory_policy"] == "spread:Spread"
    # A policy that must be consulted: it evicts what is not kept.
    pathlib.Path("spread.py").write_text(documented("spread").replace("[1]\n", "[1] + 100\n"))
    del sys.modules["spread"]
    assert train(videos, "broken", memory_policy="spread:Spread", **small) == 2
    assert "memory policy Spread evicts frame 101, which is not kept" in capsys.readouterr().err
    assert train(videos, "unknown", memory_policy="spraed", **small) == 2
    assert "there is no memory policy 'spraed'" in capsys.readouterr().err


def test_a_policy_in_one_file_decides_what_is_remembered(mine, small_sequences):
    changes = {"memory_policy": "spread:Spread", "memory_capacity": 4, "memory_interval": 1}
    tracker = Tracker("DMB", overrides={"device": "cpu", **changes}).create_tracker()
    sequence = small_sequences[0]
    tracker.initialize(sequence.frame(0), {"init_bbox": sequence.regions[0]})
    for index in range(1, 6):
        tracker.track(sequence.frame(index))
    # 4 finds 1, 2, 3 kept, all of them in consecutive frames, and replaces the first of these; 5 finds 2, 3, 4, and
    # replaces 3.
    assert sorted(tracker.segmenter.bank.frames) == [0, 2, 4, 5]
