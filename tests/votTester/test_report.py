import base64
import io
import json
import re

import cv2
import markupsafe
import numpy as np
import pytest
from PIL import Image

from libs.media.mask_regions import MaskRegion
from pytracking.analysis.report import Part, format_html, write_report
from pytracking.evaluation.manifest import describe_run
from votTester.datasets import VotDataset
from votTester.measures import evaluate
from votTester.pictures import worst_frames, worst_pictures
from votTester.protocol import Resets
from votTester.results import result_file, write_result
from votTester.trajectory import FAILED, INITIALIZED, SKIPPED, Trajectory


@pytest.fixture
def dataset(make_dataset):
    return make_dataset("a", "b", "c", frames=12)


@pytest.fixture
def evaluation(dataset, tmp_path):
    """In a the worst frame is 5, shifted by 8 pixels; b fails in frame 3; c is perfect."""
    for sequence in dataset.sequences:
        regions = [INITIALIZED, *sequence.polygons[1:]]
        if sequence.name == "a":
            regions[5] = regions[5] + [8, 0]
        if sequence.name == "b":
            regions[3:8] = [FAILED, *[SKIPPED] * 4]
            regions[8] = INITIALIZED
        write_result(result_file(tmp_path, sequence.name), Trajectory(regions))
    return evaluate(tmp_path, "<mine>", "tiny", dataset.annotations)


def test_worst_frame_of_each_sequence_failures_first(evaluation):
    (b, a, c) = worst_frames(evaluation)
    assert b == (0, "b", 3)
    assert a[1:] == ("a", 5)
    # 21 columns, 13 of 29 shared.
    assert a[0] == pytest.approx(13 / 29)
    assert c[0] == 1


def test_page_is_self_contained_escaped_and_complete(evaluation, dataset):
    page = format_html(Resets(), [Part([evaluation], dataset)])
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert sources
    assert all(source.startswith("data:") for source in sources)
    assert not re.search(r"<script|<link|@import|url\(", page)
    assert "<mine>" not in page
    assert "&lt;mine&gt; on tiny" in page
    assert "b, frame 4: failure" in page
    assert "a, frame 6: overlap 0.45" in page
    alts = re.findall(r'alt="([^"]*)"', page)
    assert len(alts) == len(re.findall("<img", page)) == 9
    assert all(alts)
    assert "Overlap over time: 3 panels, one each for a, b, c" in alts
    assert "accuracy against robustness" in page
    assert "nan" not in re.sub(r"base64,[^\"]*", "", page).lower()


def test_plots_and_pictures_decode(evaluation, dataset):
    page = format_html(Resets(), [Part([evaluation], dataset)])
    plots = [base64.b64decode(data) for data in re.findall(r"svg\+xml;base64,([^\"]*)", page)]
    pictures = [base64.b64decode(data) for data in re.findall(r"jpeg;base64,([^\"]*)", page)]
    assert len(plots) == 3
    assert all(b"<svg" in plot for plot in plots)
    assert len(pictures) == 3
    moments = [base64.b64decode(data) for data in re.findall(r"webp;base64,([^\"]*)", page)]
    assert [Image.open(io.BytesIO(moment)).n_frames for moment in moments] == [12, 12, 10]
    image = cv2.imdecode(np.frombuffer(pictures[0], np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (80, 120, 3)


def test_comparison_without_images(evaluation, dataset, tmp_path):
    part = Part([evaluation, evaluation], VotDataset("tiny", dataset.annotations, None))
    paths = write_report(tmp_path / "new", "report", Resets(), [part])
    assert [path.name for path in paths] == ["report.csv", "report.md", "report.html"]
    page = paths[2].read_text()
    assert "Worst frames" not in page
    assert page.count("&lt;mine&gt;</th>") == 4


def test_headings_say_which_way_is_better(evaluation, dataset):
    page = format_html(Resets(), [Part([evaluation], dataset)])
    headings = dict.fromkeys(re.findall(r"<th>([^<]*)</th>", page))
    assert {"frames", "accuracy \N{UPWARDS ARROW}", "failures \N{DOWNWARDS ARROW}"} <= headings.keys()


def test_date_weights_machine_and_parameters(evaluation, dataset, tmp_path):
    part = Part([evaluation], dataset, {"<mine>": tmp_path})
    assert "another program made them" in format_html(Resets(), [part])
    manifest = describe_run(object(), "tiny", dataset.sequences, 3, Resets())
    manifest |= {"checkpoint": {"file": "w.pth", "sha256": "ab" * 32}, "parameters": {"memory_interval": 5}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    page = format_html(Resets(), [part])
    for fact in ("w.pth (sha256 abababababab)", manifest["machine"], manifest["date"], "1 parameters"):
        assert str(markupsafe.escape(fact)) in page
    assert re.search(r"<td>\s*memory_interval</td><td>\s*5</td>", page)


def test_worst_frames_show_the_trackers_mask(dataset, tmp_path):
    (sequence, *_) = dataset.sequences
    mask = np.zeros((80, 120), bool)
    mask[60:70, 90:110] = True
    moved = [region + [8, 0] for region in sequence.polygons[1:]]
    path = result_file(tmp_path, sequence.name)
    for masks in ({}, {index: MaskRegion.of(mask) for index in range(1, 12)}):
        write_result(path, Trajectory([INITIALIZED, *moved], masks=masks))
        found = worst_pictures(evaluate(tmp_path, "mine", "tiny", dataset.annotations[:1]), dataset.sequences)
        (image,) = found[0].frames
        amber = image[60:70, 90:110, 0].astype(int) - image[60:70, 90:110, 2]
        assert (amber > 60).all() == bool(masks)
