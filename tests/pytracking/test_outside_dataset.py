"""A dataset from outside the package in the commands, by the very file that docs/extending.md shows."""

import pathlib
import re
import sys

import numpy as np
import pytest

from libs.media.images import write_image
from pytracking import run_tracker
from pytracking.analysis import __main__ as analysis

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def garden(tmp_path, monkeypatch):
    text = (ROOT / "docs" / "extending.md").read_text()
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "class Birds" in block]
    (tmp_path / "birds.py").write_text(code)
    (tmp_path / "data" / "wren" / "frames").mkdir(parents=True)
    picture = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    for index in range(3):
        write_image(tmp_path / "data" / "wren" / "frames" / f"{index}.png", picture)
    (tmp_path / "data" / "wren" / "boxes.txt").write_text("11,11,20,20\n" * 3)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "birds", raising=False)
    yield tmp_path
    sys.modules.pop("birds", None)


def test_it_is_tracked_and_scored_by_its_name(garden, capsys):
    options = ["--dataset_name", f"birds:Birds={garden / 'data'}", "--results", str(garden / "results")]
    assert run_tracker.main(["ncc", "default", *options]) == 0
    lines = (garden / "results" / "ncc" / "default" / "wren.txt").read_text().split("\n")
    # In the dataset's own convention, in which the corner of the image is (1, 1).
    assert lines[0].split("\t")[:2] == ["11.0000", "11.0000"]
    assert analysis.main(["ope", *options, "--trackers", "ncc/default"]) == 0
    assert "# birds" in capsys.readouterr().out
