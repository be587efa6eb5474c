"""Our folder in a workspace of the toolkit, and raw results in our report: the same numbers, of every type.

The workspace and the analysis are the toolkit's own, on the written dataset that it reads itself.
"""

import pathlib
import shutil

import cachetools
import numpy as np
import pytest
import yaml
from vot.analysis import AnalysisProcessor, Measure, process_stack_analyses
from vot.stack import resolve_stack
from vot.workspace import Workspace

from libs.dataset.rendered.sequences import render_sequence, write_vot
from libs.dataset.rendered.videos import render_video, write_vots
from libs.utils.masks import tight_box
from pytracking.tracker.base.basetracker import BaseTracker
from votTester.datasets import load_dataset
from votTester.stacks import StackProtocol
from votTester.vot import VOTTester, report_runs

NAME = "drifter"


class Drifter(BaseTracker):
    """Drifts to the right of its start, less and less confident; after 6 frames it is lost in one."""

    def __init__(self):
        self.params = None

    def initialize(self, image, info):
        self.mask = info.get("init_mask")
        region = tight_box(self.mask) if self.mask is not None else np.array(info["init_bbox"], dtype=float)
        self.region, self.count = region, 0

    def track(self, image, info=None):
        self.count += 1
        score = 1 / (1 + self.count)
        if self.count == 6:
            return {"score": score}
        moved = self.region.copy()
        moved[0 : (1 if moved.size == 4 else None) : 2] += self.count
        key = "target_bbox" if moved.size == 4 else "polygon"
        out = {key: moved if moved.size == 4 else moved.reshape(4, 2), "score": score}
        return out if self.mask is None else {**out, "segmentation": np.roll(self.mask, self.count, axis=1)}


@pytest.fixture(scope="module")
def polygons(tmp_path_factory):
    folder = tmp_path_factory.mktemp("polygons")
    write_vot([render_sequence(name, 12, (96, 72), seed=1) for name in ("easy", "rotation")], folder)
    for name in ("easy", "rotation"):
        shutil.rmtree(folder / name / "masks")
    return folder


@pytest.fixture(scope="module")
def masks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("masks")
    write_vot([render_sequence(name, 12, (96, 72), seed=1) for name in ("easy", "rotation")], folder, masks=True)
    return folder


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    folder = tmp_path_factory.mktemp("objects")
    write_vots([render_video("companions", 12, (96, 72))], folder)
    return folder


def toolkit_numbers(workspace):
    """The result of the toolkit's own analysis: (experiment, measure) -> value."""
    (workspace / "trackers.ini").write_text(f"[{NAME}]\ncommand = false\n")
    loaded = Workspace.load(str(workspace))
    with AnalysisProcessor(cache=cachetools.LRUCache(1000)):
        results = process_stack_analyses(loaded, [loaded.registry[NAME]])
    numbers = {}
    for experiment, found in results.items():
        for analysis, grid in found.items():
            for described, value in zip(analysis.describe(), grid[0, 0], strict=False):
                if isinstance(described, Measure):
                    numbers[
                        experiment.identifier,
                        (described.abbreviation or described.name).replace("Accurarcy", "accuracy"),
                    ] = value
    return numbers


CASES = [
    pytest.param("polygons", "vot2018/shortterm", True, marks=pytest.mark.slow),
    ("polygons", "vot2022/longterm", True),
    pytest.param("polygons", "vot2022/shorttermbox", True, marks=pytest.mark.slow),
    ("masks", "vot2022/shortterm", True),
    pytest.param("masks", "vot2022/shortterm", False, marks=pytest.mark.slow),
    ("objects", "tests/multiobject", False),
    pytest.param("objects", "tests/multiobject", True, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("data", "stack", "binary"), CASES)
def test_the_toolkit_and_we_give_the_same_numbers(data, stack, binary, request, tmp_path, monkeypatch):
    monkeypatch.setattr("vot.config.results_binary", binary)
    folder = request.getfixturevalue(data)
    protocol = StackProtocol(stack, clock=lambda step: 0.01)
    dataset = load_dataset(folder, every_frame=False)
    tester = VOTTester(Drifter(), NAME, [dataset], results=tmp_path / "ours", protocol=protocol)
    assert tester.test() == []
    (ours,) = tester.evaluation()
    made = tester.folder(dataset)
    assert list(made.rglob("*.bin" if binary else "*_0*[0-9].txt"))

    workspace = tmp_path / "workspace"
    content = yaml.safe_load(pathlib.Path(resolve_stack(stack)).read_text())
    content.pop("dataset")
    # Without experiments that have no measure, for which the toolkit would make sequences.
    content["experiments"].pop("redetection", None)
    workspace.mkdir()
    (workspace / "stack.yaml").write_text(yaml.safe_dump(content))
    (workspace / "config.yaml").write_text(yaml.safe_dump({"stack": "stack.yaml", "registry": ["trackers.ini"]}))
    (workspace / "sequences").symlink_to(folder)
    # The folder of one protocol is the toolkit's folder of results.
    (workspace / "results").symlink_to(made.parent)
    numbers = toolkit_numbers(workspace)
    assert len(numbers) == len(protocol.measures)
    several = len(content["experiments"]) > 1
    for (experiment, measure), value in numbers.items():
        mine = ours.total[f"{experiment} {measure}" if several else measure]
        np.testing.assert_equal(mine, np.nan if value is None else value, err_msg=f"{experiment} {measure}")
    assert any(0 < value < 1 for value in numbers.values() if value)

    # And a folder of raw results, wherever it comes from, in our report.
    shutil.copytree(made, tmp_path / "theirs", ignore=shutil.ignore_patterns("*.json*", "report*"))
    (again,) = report_runs({"theirs": tmp_path / "theirs"}, dataset, tmp_path / "report", protocol)
    np.testing.assert_equal(dict(again.total.values), dict(ours.total.values))
