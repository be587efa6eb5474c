import csv
import json
import pathlib
import subprocess
import sys

import pytest

from libs.dataset.rendered.sequences import write_vot
from libs.utils.local_settings import LocalPaths
from pytracking.evaluation.tracker import Tracker
from pytracking.tracker.static.static import Static
from votTester.cli import _default_workers, main


@pytest.fixture
def built(monkeypatch):
    """Make the command line build only trackers that never move; returns what they were built with."""
    builders = []

    def create_tracker(self):
        builders.append(self)
        return Static()

    monkeypatch.setattr(Tracker, "create_tracker", create_tracker)
    return builders


@pytest.fixture
def no_vot2018(monkeypatch):
    monkeypatch.delenv("DMB_VOT2018_PATH", raising=False)
    monkeypatch.setattr(LocalPaths, "file", pathlib.Path("no_local_file.py"))


@pytest.fixture
def data(make_sequence, tmp_path):
    write_vot([make_sequence(name, frames=12, step=5.0) for name in ("a", "b")], tmp_path / "tiny")
    return tmp_path / "tiny"


@pytest.fixture
def cli(data, tmp_path):
    def run(*arguments):
        return main(["--dataset", str(data), "--results", str(tmp_path / "results"), *arguments])

    return run


def test_run_with_the_default_name_then_evaluate(cli, built, capsys, tmp_path):
    assert cli("--device", "cpu", "--sequences", "b") == 0
    assert (built[0].parameter_name, built[0].overrides) == ("DMB_default_params", {"device": "cpu"})
    shown = capsys.readouterr().out
    assert "tiny" in shown
    assert "not comparable" in shown
    assert "report.html, with plots and pictures of the worst frames" in shown
    folder = tmp_path / "results" / "tiny" / "result_0"
    assert sorted(path.name for path in folder.iterdir()) == [
        "baseline",
        "finished.jsonl",
        "manifest.json",
        "report.csv",
        "report.html",
        "report.md",
    ]
    assert [path.name for path in (folder / "baseline").iterdir()] == ["b"]
    assert cli("--evaluate-only", "--sequences", "b") == 0
    assert len(built) == 1


def test_another_protocol_by_name(cli, built, capsys, tmp_path):
    assert cli("--protocol", "tests/basic", "--name", "mine") == 0
    assert "VOT Basic Test Stack (tests/basic)" in capsys.readouterr().out
    folder = tmp_path / "results" / "tiny" / "tests" / "basic" / "mine"
    assert sorted(path.name for path in (folder / "baseline" / "a").iterdir()) == ["a_001.bin", "a_001_time.value"]
    assert (folder / "report.html").is_file()
    assert cli("--protocol", "tests/basic", "--name", "mine", "--evaluate-only") == 0
    assert len(built) == 1
    for path in (folder / "baseline" / "a").iterdir():
        path.unlink()
    capsys.readouterr()
    assert cli("--protocol", "tests/basic", "--name", "mine", "--evaluate-only") == 0
    assert "mine: no results of a (baseline)" in capsys.readouterr().out
    assert cli("--protocol", "tests/basic", "--name", "nobody", "--evaluate-only") == 2
    assert "holds no results of a (baseline), b (baseline)" in capsys.readouterr().err
    assert cli("--protocol", "vot2022/shortterm") == 2
    assert "starts at anchors, and 2 of 2 sequences (a, b) have none" in capsys.readouterr().err
    assert not (tmp_path / "results" / "tiny" / "vot2022").exists()


def test_protocols_that_cannot_be_run_as_asked(cli, capsys):
    assert cli("--protocol", "vot2022/shorterm") == 2
    assert "those of the installed vot-toolkit: vot2022/shortterm, " in capsys.readouterr().err
    assert cli("--protocol", "vot2018", "--repetitions", "3") == 2
    assert "says itself how often it repeats" in capsys.readouterr().err
    assert cli("--protocol", "vot2018", "--save-video") == 2
    assert "shows runs of the reset protocol" in capsys.readouterr().err


def test_several_checkpoints_in_one_table(cli, built, capsys, tmp_path):
    files = [tmp_path / name for name in ("epoch_1.pth.tar", "epoch_2.pth")]
    assert cli("--checkpoint", *map(str, files), "--name", "mine") == 0
    assert [builder.overrides for builder in built] == [{"pth_path": str(file)} for file in files]
    table = capsys.readouterr().out
    assert "mine_epoch_1" in table
    assert "mine_epoch_2" in table
    results = tmp_path / "results" / "tiny"
    assert (results / "mine_epoch_1_vs_mine_epoch_2" / "report.html").is_file()
    assert (results / "mine_epoch_2" / "manifest.json").is_file()


def test_others_are_run_beside_once_and_stand_in_the_same_report(cli, built, capsys, tmp_path):
    assert cli("--set", "memory_interval=3", "--compare", "static", "opencv:kcf") == 0
    assert [builder.results_name for builder in built] == ["DMB/DMB_default_params", "static/default", "opencv/kcf"]
    assert [builder.overrides for builder in built] == [{"memory_interval": 3}, {}, {}]
    results = tmp_path / "results" / "tiny"
    assert (results / "opencv_kcf" / "manifest.json").is_file()
    lines = (results / "result_0_vs_static_vs_opencv_kcf" / "report.csv").read_text().splitlines()
    assert {line.split(",")[0] for line in lines} == {"results", "result_0", "static", "opencv_kcf"}
    assert cli("--evaluate-only", "--compare", "opencv:kcf") == 0
    capsys.readouterr()
    assert cli("--name", "static", "--compare", "static") == 2
    assert "two runs would be called 'static'" in capsys.readouterr().err


def test_a_comparison_is_over_what_all_have_finished_and_says_so(cli, built, capsys, tmp_path):
    assert cli("--name", "part", "--sequences", "b") == 0
    assert cli("--name", "whole", "--compare", "static") == 0
    capsys.readouterr()
    assert cli("--evaluate-only", "--name", "part", "whole") == 0
    note = "over the 1 of 2 sequences that all have finished, without a"
    assert note in capsys.readouterr().out
    folder = tmp_path / "results" / "tiny" / "part_vs_whole"
    assert all(note in (folder / f"report.{ending}").read_text() for ending in ("html", "csv", "md"))
    rows = list(csv.DictReader((folder / "report.csv").open()))
    assert {row["name"] for row in rows if row["kind"] == "sequence"} == {"b"}
    assert len({row["accuracy"] for row in rows if row["kind"] == "total"}) == 1


def test_comparison_of_own_and_published_results(cli, built, capsys, tmp_path):
    cli("--name", "mine")
    published = tmp_path / "published" / "Static++"
    (tmp_path / "published").mkdir()
    (tmp_path / "results" / "tiny" / "mine" / "baseline").rename(published.with_name("baseline"))
    published.mkdir()
    published.with_name("baseline").rename(published / "baseline")
    cli("--name", "mine")
    capsys.readouterr()
    before = sorted(published.glob("**/*"))
    assert cli("--evaluate-only", "--name", "mine", str(published)) == 0
    table = capsys.readouterr().out
    assert "Static++" in table
    assert (tmp_path / "results" / "tiny" / "mine_vs_Static++" / "report.csv").is_file()
    assert sorted(published.glob("**/*")) == before


def test_evaluation_without_images(cli, built, capsys, tmp_path):
    cli()
    boxes = [[10 + 5 * index, 30, 20, 16] for index in range(12)]
    entry = {"width": 120, "height": 80, "gt_rect": boxes}
    (tmp_path / "tiny.json").write_text(json.dumps({"a": entry, "b": entry}))
    capsys.readouterr()
    arguments = ["--evaluate-only", "--dataset", str(tmp_path / "tiny.json"), "--results", str(tmp_path / "results")]
    assert main(arguments) == 0
    assert "result_0" in capsys.readouterr().out


def test_without_vot2018_the_mini_set_is_run_and_said(built, no_vot2018, make_sequence, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("libs.dataset.rendered.sequences.mini_set", lambda: [make_sequence("rotation", frames=6)])
    assert main(["--sequences", "rotation", "--results", str(tmp_path)]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    for way in ("mini set", "DMB_VOT2018_PATH", "no_local_file.py", "--dataset PATH", "data_root"):
        assert way in line
    assert (tmp_path / "mini" / "result_0" / "report.html").is_file()


@pytest.mark.parametrize(("name", "gpu", "expected"), [("mini", False, 2), ("mini", True, 1), ("tiny", False, 1)])
def test_the_mini_set_is_shared_by_the_cores_where_there_is_no_gpu(make_dataset, monkeypatch, name, gpu, expected):
    monkeypatch.setattr("torch.cuda.is_available", lambda: gpu)
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    assert _default_workers(make_dataset("a", "b", name=name)) == expected


def test_dataset_that_was_asked_for_and_is_absent_is_an_error(built, no_vot2018, capsys, tmp_path):
    assert main(["--dataset", "vot2018", "--results", str(tmp_path)]) == 2
    assert "DMB_VOT2018_PATH" in capsys.readouterr().err
    assert main(["--dataset", str(tmp_path / "gone"), "--results", str(tmp_path)]) == 2
    assert "gone is neither a folder nor a file" in capsys.readouterr().err
    assert built == []


def test_default_folder_that_is_set_but_absent_is_an_error(built, no_vot2018, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("DMB_VOT2018_PATH", str(tmp_path / "gone"))
    assert main(["--results", str(tmp_path)]) == 2
    assert "gone is not a folder" in capsys.readouterr().err


def test_unreadable_image_fails_the_run_after_the_rest(cli, built, data, capsys, tmp_path):
    (data / "a" / "color" / "00000004.jpg").write_bytes(b"no image")
    assert cli() == 1
    captured = capsys.readouterr()
    assert "failed: a: " in captured.err
    assert "00000004.jpg" in captured.err
    assert "result_0: no results of a" in captured.out
    assert (tmp_path / "results" / "tiny" / "result_0" / "baseline" / "b" / "b_001.txt").is_file()


def test_results_made_otherwise_are_kept_until_forced(cli, built, capsys):
    cli()
    assert cli("--seed", "1") == 2
    assert "seed: 0 there, 1 now" in capsys.readouterr().err
    assert cli("--seed", "1", "--name", "other") == 0
    assert cli("--seed", "1", "--force") == 0


def test_interrupt_says_how_to_go_on(cli, monkeypatch, capsys):
    def create_tracker(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(Tracker, "create_tracker", create_tracker)
    assert cli() == 130
    assert "run the same command again to continue" in capsys.readouterr().err


def test_videos(cli, built, tmp_path):
    assert cli("--sequences", "a", "--save-video") == 0
    assert (tmp_path / "results" / "tiny" / "result_0" / "videos" / "a.mp4").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name", "a", "b"], "several names are for --evaluate-only"),
        (["--checkpoint", "x/e.pth", "y/e.pth"], "two runs would be called 'result_0_e'"),
        (["--evaluate-only", "--name", "gone"], "holds no results"),
        (["--sequences", "z"], "no sequence z"),
        (["--workers", "-1"], "at least 1"),
        (["--name", "../x"], "the name of the results"),
    ],
)
def test_bad_input_is_one_line(cli, built, capsys, arguments, message):
    assert cli(*arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) == 1


def test_help_needs_no_heavy_imports():
    script = (
        "import sys; from votTester.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'vot', 'torch', 'matplotlib', 'cv2'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--evaluate-only" in done.stdout
