"""The tracker and the protocol of docs/extending.md, in files of a folder outside the package, by every command."""

import csv
import pathlib
import re
import sys

import numpy as np
import pytest

from pytracking.analysis.__main__ import main as analyse
from pytracking.run_tracker import main as run_tracker
from pytracking.run_video import main as run_video
from votTester.cli import main as run_vot_test

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "extending.md"


def documented(name):
    """The file that the page calls by this name."""
    text = PAGE.read_text()
    return re.search(r"```python\n(.*?)```", text[text.index(f"This is `{name}`") :], re.DOTALL).group(1)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The documented files in the working folder."""
    for name in ("mine.py", "backwards.py"):
        (tmp_path / name).write_text(documented(name))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("mine", "backwards"):
        sys.modules.pop(name, None)


def test_a_tracker_of_ten_lines_runs_everywhere(mine, clip, results):
    lines = [line for line in documented("mine.py").splitlines() if line.strip() and not line.startswith('"""')]
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
