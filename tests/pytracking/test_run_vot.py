"""The TraX client, tested by our own TraX server and by the VOT toolkit itself."""

import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from trax import TraxException
from trax.client import Client
from trax.image import FileImage
from trax.region import Mask, Polygon, Rectangle

from libs.dataset.readers.vot import load_vot
from libs.dataset.rendered.sequences import render_sequence, write_vot
from libs.utils.masks import mask_to_box
from pytracking.evaluation.tracker import Tracker
from pytracking.run_vot import _start_info, _to_trax, main
from pytracking.tracker.base.result import Result
from votTester.datasets import VotDataset, annotate
from votTester.measures import evaluate
from votTester.vot import VOTTester

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "VOT_RESULTS_BINARY": "0"}

STACK = """
title: rendered
experiments:
  baseline:
    type: supervised
    repetitions: 1
    skip_initialize: 5
    analyses:
      - type: supervised_average_ar
      - type: supervised_eao_score
        low: 1
        high: {last}
"""

UNSUPERVISED = """
title: rendered
experiments:
  baseline:
    type: unsupervised
    repetitions: 1
    analyses:
      - type: average_accuracy
        burnin: 0
"""


class Session:
    """Our own stand-in for the toolkit: starts the client and sends it images and regions."""

    def __init__(self, scripts, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, str(scripts / "run_vot.py"), "ncc", "default", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**ENVIRONMENT, "TRAX": "1"},
            bufsize=0,
        )
        self.client = Client(stream=(self.process.stdin.fileno(), self.process.stdout.fileno()), log=lambda text: None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        with contextlib.suppress(TraxException):
            self.client.quit()
        self.process.wait(60)
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.stderr.close()

    def start(self, image, region):
        return self.start_all(image, region)[0][0]

    def track(self, image):
        return self.track_all(image)[0][0]

    def start_all(self, image, *regions):
        """(region, properties) of each object."""
        return self.client.initialize({"color": FileImage.create(str(image))}, [(each, {}) for each in regions], {})[0]

    def track_all(self, image, *new):
        return self.client.frame({"color": FileImage.create(str(image))}, {}, [(each, {}) for each in new])[0]


@pytest.fixture(scope="module")
def sequence(clip):
    return load_vot(clip / "vot", ["easy"])[0]


def expected(sequence, info, frames=3):
    tracker = Tracker("ncc", "default").create_tracker()
    tracker.initialize(sequence.frame(0), info)
    return [tracker.track(sequence.frame(index)) for index in range(1, frames)]


def test_each_kind_of_region_in_one_process(scripts, sequence):
    polygon, mask = sequence.polygons[0], sequence.mask(0)
    box = mask_to_box(mask)
    with Session(scripts) as session:
        assert session.client.tracker_name == "pytracking"
        assert sorted(session.client.region_formats) == ["mask", "polygon", "rectangle"]
        assert session.client.get("vot") is None  # the toolkit would restart the process at every reset
        start = session.start(sequence.frames[0], Polygon.create([tuple(corner) for corner in polygon]))
        assert start.type == "polygon"
        for index, out in enumerate(expected(sequence, {"init_bbox": polygon.ravel()}), start=1):
            np.testing.assert_allclose(list(session.track(sequence.frames[index])), out["polygon"], atol=1e-4)
        assert session.start(sequence.frames[0], Rectangle.create(*box)).type == "rectangle"
        for index, out in enumerate(expected(sequence, {"init_bbox": box}), start=1):
            np.testing.assert_allclose(session.track(sequence.frames[index]).bounds(), out["target_bbox"], atol=1e-4)
        left, top, width, height = box.astype(int)
        part = mask[top : top + height, left : left + width].astype(np.uint8)
        assert session.start(sequence.frames[0], Mask.create(part.copy(), x=left, y=top)).type == "mask"
        for index, out in enumerate(expected(sequence, {"init_mask": mask}), start=1):
            reported = session.track(sequence.frames[index]).array(normalize=True)
            padding = [(0, full - part) for full, part in zip(mask.shape, reported.shape, strict=True)]
            np.testing.assert_array_equal(np.pad(reported, padding) > 0, out["segmentation"])


def test_several_objects_are_followed_together_with_confidence(scripts, sequence):
    """One from a box, one from a polygon, and a third that begins later: each as if alone, with its kind of region."""
    polygon, box = sequence.polygons[0], mask_to_box(sequence.mask(0))
    aside = box + [-20.0, 5.0, 0, 0]
    with Session(scripts) as session:
        assert session.client.get("multiobject")
        session.start_all(
            sequence.frames[0], Rectangle.create(*box), Polygon.create([tuple(corner) for corner in polygon])
        )
        starts = [{"init_bbox": box}, {"init_bbox": polygon.ravel()}]
        outs = [expected(sequence, start, frames=2)[0] for start in starts]
        (first, known), (second, _) = session.track_all(sequence.frames[1])
        np.testing.assert_allclose(first.bounds(), outs[0]["target_bbox"], atol=1e-4)
        np.testing.assert_allclose(list(second), outs[1]["polygon"], atol=1e-4)
        assert float(known["confidence"]) == pytest.approx(outs[0]["score"], abs=1e-4)
        statuses = session.track_all(sequence.frames[2], Rectangle.create(*aside))
        assert [region.type for region, _ in statuses] == ["rectangle", "polygon", "rectangle"]
        np.testing.assert_allclose(statuses[2][0].bounds(), aside, atol=1e-4)
        # A new session follows: nothing is left of the old objects.
        assert len(session.start_all(sequence.frames[0], Rectangle.create(*box))) == 1


def test_a_lost_target_is_an_empty_region():
    lost = Result(np.full(4, np.nan), np.full((4, 2), np.nan), None, 0.1)
    region, properties = _to_trax(lost, "polygon", (20, 30, 3))
    assert (region.type, list(region.bounds()), properties) == ("rectangle", [0, 0, 0, 0], {"confidence": 0.1})
    region, properties = _to_trax(dataclasses.replace(lost, score=None), "mask", (20, 30, 3))
    assert region.type == "mask"
    assert not region.array().any()
    assert properties == {}


@pytest.mark.parametrize(("x", "y", "pixels"), [(-10, -5, 20 * 25), (150, 100, 10 * 20), (20, 30, 30 * 30)])
def test_masks_may_begin_anywhere(x, y, pixels):
    region = Mask.create(np.ones((30, 30), np.uint8), x=x, y=y)
    assert _start_info(region, (120, 160, 3))["init_mask"].sum() == pixels


def test_masks_may_be_larger_than_the_image():
    region = Mask.create(np.ones((300, 400), np.uint8), x=-20, y=-30)
    assert _start_info(region, (120, 160, 3))["init_mask"].all()


def test_polygon_in_mask_out(scripts, sequence):
    with Session(scripts, "--region", "mask") as session:
        session.start(sequence.frames[0], Polygon.create([tuple(corner) for corner in sequence.polygons[0]]))
        (out,) = expected(sequence, {"init_bbox": sequence.polygons[0].ravel()}, frames=2)
        assert session.track(sequence.frames[1]).array().sum() == out["segmentation"].sum()


def test_bad_start_ends_the_session_and_is_named(scripts, sequence):
    with Session(scripts) as session:
        with pytest.raises(TraxException, match="lies wholly outside the image"):
            session.start(sequence.frames[0], Rectangle.create(900, 900, 5, 5))
        session.process.wait(30)
        assert session.process.returncode == 2
        error = session.process.stderr.read().decode()
        assert "error: box" in error
        assert "Traceback" not in error


def test_started_by_hand_it_says_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("TRAX", raising=False)
    assert main(["ncc", "default"]) == 2
    assert "write its trackers.ini with --write-ini" in capsys.readouterr().err
    assert main(["ncc", "default", "--write-ini", str(tmp_path / "trackers.ini")]) == 0
    assert "vot evaluate ncc_default" in capsys.readouterr().out


def run_toolkit(workspace, *arguments):
    command = [str(pathlib.Path(sys.executable).with_name("vot")), *arguments]
    done = subprocess.run(command, cwd=workspace, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def make_workspace(folder, stack, region="auto"):
    """A workspace of the toolkit with the sequences in `folder/sequences` and the template matcher."""
    (folder / "stack.yaml").write_text(stack)
    run_toolkit(folder, "configure", str(folder / "stack.yaml"), "--workspace", ".", "--nodownload")
    assert main(["ncc", "default", "--write-ini", str(folder / "trackers.ini"), "--region", region]) == 0


@pytest.mark.slow
def test_toolkit_and_vot_test_agree_exactly(tmp_path):
    """On sequences with failures: accuracy, failures and EAO, from raw results and by the toolkit's own analysis."""
    sequences = [render_sequence(name, 40, (96, 72), seed=1) for name in ("easy", "rotation", "fast_motion")]
    write_vot(sequences, tmp_path / "sequences")
    make_workspace(tmp_path, STACK.format(last=39))
    assert "Test concluded successfuly" in run_toolkit(tmp_path, "test", "ncc_default")
    assert "Evaluation concluded successfuly" in run_toolkit(tmp_path, "evaluate", "ncc_default")
    run_toolkit(tmp_path, "analysis", "ncc_default", "--name", "numbers")
    run_toolkit(tmp_path, "report", "ncc_default", "--name", "report")
    assert "ncc/default" in (tmp_path / "reports" / "report" / "report.html").read_text()

    loaded = load_vot(tmp_path / "sequences")
    dataset = VotDataset("rendered", [annotate(sequence) for sequence in loaded], loaded)
    tester = VOTTester(Tracker("ncc", "default"), "here", [dataset], results=tmp_path / "here")
    assert tester.test() == []
    here = evaluate(tester.folder(dataset), "here", dataset.name, dataset.annotations)
    there = evaluate(tmp_path / "results" / "ncc_default", "there", dataset.name, dataset.annotations)
    assert here.total.failures > 0
    for measure in ("frames", "failures", "accuracy", "robustness", "eao"):
        assert here.total[measure] == there.total[measure]
    trajectories = here.details.trajectories, there.details.trajectories
    for name in trajectories[0]:
        for ours, theirs in zip(*(each[name].regions for each in trajectories), strict=True):
            np.testing.assert_array_equal(ours, theirs)

    numbers = json.loads((tmp_path / "analysis" / "numbers.json").read_text())
    ((accuracy, failures, *_),), ((eao,),) = numbers["results"]["baseline"]["results"]
    # The toolkit's accuracy and failures are means over sequences, one without a judged frame counting 0.
    assert accuracy == np.mean([np.nan_to_num(score.accuracy) for score in here.of_kind("sequence").values()])
    assert failures == here.total.failures / 3
    assert here.details.eao_interval == (1, 39)
    assert eao == here.total.eao


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rectangle", "mask"])
def test_toolkit_with_rectangles_and_masks(tmp_path, kind):
    from vot.region import Mask as ToolkitMask
    from vot.region import Rectangle as ToolkitRectangle
    from vot.region.io import read_trajectory, write_trajectory

    sequence = render_sequence("easy", 10, (96, 72), seed=1)
    write_vot([sequence], tmp_path / "sequences")
    (written,) = load_vot(tmp_path / "sequences")
    masks = [sequence.mask(index) for index in range(10)]
    truth = {
        "rectangle": [ToolkitRectangle(*mask_to_box(mask)) for mask in masks],
        "mask": [ToolkitMask(mask.astype(np.uint8)) for mask in masks],
    }[kind]
    write_trajectory(str(tmp_path / "sequences" / "easy" / "groundtruth.txt"), truth)
    make_workspace(tmp_path, UNSUPERVISED)
    assert "Evaluation concluded successfuly" in run_toolkit(tmp_path, "evaluate", "ncc_default")
    (file,) = (tmp_path / "results" / "ncc_default" / "baseline" / "easy").glob("easy_*.txt")
    first, *reported = read_trajectory(str(file))
    assert first.code == 1
    start = {"init_bbox": mask_to_box(masks[0])} if kind == "rectangle" else {"init_mask": masks[0]}
    for region, out in zip(reported, expected(written, start, frames=10), strict=True):
        if kind == "rectangle":
            np.testing.assert_allclose([region.x, region.y, region.width, region.height], out["target_bbox"])
        else:
            np.testing.assert_array_equal(region.rasterize((0, 0, 95, 71)) > 0, out["segmentation"])
    run_toolkit(tmp_path, "analysis", "ncc_default", "--name", "numbers")
    numbers = json.loads((tmp_path / "analysis" / "numbers.json").read_text())
    (((accuracy,),),) = numbers["results"]["baseline"]["results"]
    assert 0 < accuracy < 1
