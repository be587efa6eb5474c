"""The commands, run for real on rendered sequences."""

import csv
import subprocess
import sys

import numpy as np
import pytest

from libs.dataset.rendered.sequences import render_sequence, write_vot
from libs.media.images import write_image
from libs.utils.polygons import polygon_to_box
from pytracking.analysis import plots
from pytracking.analysis.__main__ import main


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    sequences = [render_sequence(name, 5, (96, 72)) for name in ("easy", "occlusion")]
    folder = tmp_path_factory.mktemp("data") / "tiny"
    write_vot(sequences, folder)
    return folder, sequences


@pytest.fixture
def results(tmp_path, rendered, write_result, write_masks):
    for sequence in rendered[1]:
        boxes = np.array([polygon_to_box(polygon) for polygon in sequence.polygons])
        write_result("true/p", sequence.name, boxes)
        write_masks("true/p", sequence.name, [sequence.mask(index) for index in range(len(sequence))])
        write_result("lost/p", sequence.name, np.repeat([[80, 60, 4, 4]], 5, axis=0))
        write_masks("lost/p", sequence.name, [np.zeros((72, 96))] * 5)
    return tmp_path / "results"


@pytest.fixture(autouse=True)
def few_plots(monkeypatch):
    """Draw one of the three plots: each takes a second, and all of them have their own tests."""
    monkeypatch.setattr(plots, "PLOTS", plots.PLOTS[:1])


def arguments(command, rendered, results, *more):
    options = ["--trackers", "true/p", "lost/p", "--results", str(results), *more]
    return [command, "--dataset_name", str(rendered[0]), *options]


def cells_of(path, name):
    """The numbers in the row that begins with a name."""
    rows = [[cell.strip() for cell in line.split("|")] for line in path.read_text().splitlines()]
    return next(row[2:] for row in rows if row[1:2] == [name])


def read_csv(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_ope(rendered, results, capsys):
    assert main(arguments("ope", rendered, results)) == 0
    assert "# tiny" in capsys.readouterr().out
    folder = results / "analysis"
    rows = read_csv(folder / "ope.csv")
    total = {row["results"]: row for row in rows if row["kind"] == "total"}
    # Results have four decimals, so overlaps are slightly below 1.
    assert float(total["true/p"]["AUC"]) == pytest.approx(20 / 21, abs=1e-6)
    assert float(total["lost/p"]["AO"]) < 0.2
    assert {row["name"] for row in rows if row["kind"] == "sequence"} == {"easy", "occlusion"}
    assert cells_of(folder / "ope.md", "true/p")[:3] == ["2", "95.2", "100.0"]
    assert {path.suffix for path in folder.iterdir()} == {".md", ".csv", ".html", ".png", ".pdf"}


def test_ope_of_several_datasets_together(tmp_path, rendered, results, write_result, monkeypatch):
    monkeypatch.setattr(plots, "PLOTS", ())
    folder = tmp_path / "otb" / "Basketball"
    (folder / "img").mkdir(parents=True)
    for number in (1, 2):
        write_image(folder / "img" / f"{number:04d}.jpg", np.zeros((48, 64, 3), dtype=np.uint8))
    (folder / "groundtruth_rect.txt").write_text("11,11,20,20\n11,11,20,20\n")
    for tracker in ("true/p", "lost/p"):
        write_result(tracker, "Basketball", [[11, 11, 20, 20]] * 2)
    call = arguments("ope", rendered, results, "--output", str(tmp_path / "out"))
    call.insert(3, f"otb={tmp_path / 'otb'}")
    with pytest.warns(UserWarning, match="otb has 100 sequences"):
        assert main(call) == 0
    rows = [
        row for row in read_csv(tmp_path / "out" / "ope.csv") if row["kind"] == "total" and row["results"] == "true/p"
    ]
    assert [(row["dataset"], row["sequences"]) for row in rows] == [("tiny", "2"), ("otb", "1"), ("together", "3")]
    assert float(rows[1]["AUC"]) == pytest.approx(20 / 21, abs=1e-6)


def test_datasets_of_one_name_are_refused(tmp_path, rendered, results, capsys):
    write_vot([render_sequence("rotation", 2, (64, 64))], tmp_path / "tiny")
    call = arguments("ope", rendered, results)
    call.insert(3, str(tmp_path / "tiny"))
    assert main(call) == 2
    assert "would have the same file names" in capsys.readouterr().err


def test_vos(rendered, results):
    assert main(arguments("vos", rendered, results)) == 0
    assert cells_of(results / "analysis" / "vos.md", "true/p")[:2] == ["100.0", "100.0"]
    total = {row["results"]: row for row in read_csv(results / "analysis" / "vos.csv") if row["kind"] == "total"}
    assert float(total["true/p"]["J&F"]) == 1
    assert float(total["lost/p"]["J mean"]) == 0


def test_playback_of_one_sequence(rendered, results, tmp_path):
    assert main(arguments("playback", rendered, results, "--sequence", "1", "--output", str(tmp_path / "out"))) == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["occlusion.mp4"]


def test_pack(rendered, results):
    call = ["pack", "trackingnet", "--tracker", "true/p", "--results", str(results), "--dataset_name", str(rendered[0])]
    assert main(call) == 0
    assert (results / "analysis" / "trackingnet_true_p.zip").is_file()


@pytest.mark.parametrize("command", ["ope", "vos", "playback"])
def test_bad_input_is_said_without_a_trace(command, rendered, results, capsys):
    call = arguments(command, rendered, results)
    call[call.index("lost/p")] = "none/p"
    assert main(call) == 2
    assert "none/p holds no results" in capsys.readouterr().err.replace("\\", "/")
    assert main([command, "--dataset_name", "otb=absent", "--trackers", "true/p"]) == 2
    assert "absent is not a folder" in capsys.readouterr().err


def test_help_of_the_module_is_quick_and_complete():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pytracking.analysis", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(word in done.stdout for word in ("ope", "vos", "playback", "pack", "examples:"))
    assert "matplotlib" not in done.stderr
    assert "torch" not in done.stderr


@pytest.mark.parametrize("command", ["ope", "vos", "playback", "pack"])
def test_help_of_each_command(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert "--results FOLDER" in capsys.readouterr().out
