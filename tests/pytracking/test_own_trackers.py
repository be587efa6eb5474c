"""A user's own tracker, parameters and experiment, in files in their own folder."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from libs.utils.errors import SettingsError
from pytracking.evaluation.experiment import change_all
from pytracking.evaluation.tracker import Tracker
from pytracking.run_experiment import main as run_experiment
from pytracking.run_tracker import main as run_tracker
from pytracking.run_video import main as run_video
from pytracking.tracker.base.basetracker import BaseTracker

EXPERIMENT = """
    from pytracking.evaluation import Tracker, get_dataset, trackerlist
    from libs.dataset.rendered.sequences import render_sequence

    def several():
        return trackerlist('ncc', 'default', range(2), 'NCC'), [render_sequence('easy', 3, (96, 72))]

    def one():
        return trackerlist('ncc', 'default', 3), [render_sequence('easy', 3, (96, 72))]
"""
PARAMETERS = """
    from pytracking.tracker.ncc.ncc import NCCParams

    def parameters():
        params = NCCParams()
        params.search_factor = 3.0
        return params
"""


class Still(BaseTracker):
    def initialize(self, image, info):
        self.region = info["init_bbox"]

    def track(self, image, info=None):
        return {"polygon": self.region}


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zz_experiment.py").write_text(textwrap.dedent(EXPERIMENT))
    (tmp_path / "wide.py").write_text(textwrap.dedent(PARAMETERS))
    return tmp_path


def test_objects_and_classes_are_trackers():
    still = Still()
    assert Tracker(still).create_tracker() is still
    assert isinstance(Tracker(Still).create_tracker(), Still)
    assert Tracker(Still, run_id=2).results_name.endswith("test_own_trackers.Still/default_002")
    with pytest.raises(
        SettingsError, match=r"dict is no tracker: it needs initialize\(image, info\) and track\(image\)"
    ):
        Tracker({})
    with pytest.raises(SettingsError, match=r"has no parameters, so that memory cannot be set"):
        Tracker(Still, overrides={"memory": 3})


def test_defaults_names_and_display_names():
    assert Tracker().results_name == "DMB/DMB_default_params"
    named = Tracker("ncc", "default", 3, "NCC")
    assert (named.results_name, named.display_name) == ("ncc/default_003", "NCC")
    assert Tracker("ncc", label="wide").results_name == "ncc/wide"
    assert Tracker("ncc").display_name == "ncc/default"


def test_module_and_class_that_are_not_there():
    with pytest.raises(SettingsError, match=r"tracker nowhere:Still: there is no module 'nowhere'"):
        Tracker("nowhere:Still")
    with pytest.raises(SettingsError, match=r"has no attribute 'Still'"):
        Tracker("json:Still")
    with pytest.raises(SettingsError, match=r"gone\.py is no file that ends in \.py"):
        Tracker("ncc", "./gone.py")


def test_a_parameter_file_by_its_path(mine):
    tracker = Tracker("ncc", "./wide.py")
    assert tracker.results_name == "ncc/wide"
    assert tracker.create_tracker().params.search_factor == 3.0
    assert tracker.create_tracker(search_factor=4.0).params.search_factor == 4.0
    (mine / "empty.py").write_text("")
    with pytest.raises(SettingsError, match=r"empty\.py has no function parameters"):
        Tracker("ncc", "empty.py")
    (mine / "thin.py").write_text(textwrap.dedent(PARAMETERS).replace("3.0", "0"))
    with pytest.raises(SettingsError, match=r"parameter file thin\.py: search_factor is 0; it must be a number over 0"):
        Tracker("ncc", "thin.py")


def test_arguments_make_the_same_tracker(mine):
    tracker = Tracker("ncc", "wide.py", 4, overrides={"search_factor": 2.5})
    assert tracker.arguments() == ["ncc", str(mine / "wide.py"), "--runid", "4", "--set", "search_factor=2.5"]
    with pytest.raises(SettingsError, match="given as an object"):
        Tracker(Still()).arguments()


def test_values_of_the_command_line_replace_those_of_the_file(clip, results, mine):
    dataset = ["--dataset_name", str(clip / "vot"), "--sequence", "rotation"]
    assert run_tracker(["ncc", *dataset, "--set", "search_factor=1.0", "--name", "narrow"]) == 0
    assert run_tracker(["ncc", "--param", "./wide.py", *dataset, "--threads", "0"]) == 0
    narrow, wide = (np.loadtxt(results / "ncc" / name / "rotation.txt") for name in ("narrow", "wide"))
    assert not np.array_equal(narrow, wide)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ncc", "--set", "search_factr=1"], "did you mean 'search_factor'"),
        (["ncc", "--set", "search_factor"], "--set search_factor: write NAME=VALUE"),
        (["ncc", "default", "--param", "default"], "PARAM is given twice"),
        (["ncc", "--set", "search_factor=-1"], "search_factor is -1; it must be a number over 0, at most 1000"),
        (["ncc", "--device", "cpu"], "has no parameter 'device'"),
    ],
)
def test_values_that_cannot_be_used(clip, results, capsys, arguments, message):
    assert run_tracker([*arguments, "--dataset_name", str(clip / "vot")]) == 2
    assert message in capsys.readouterr().err


def test_video_with_the_tracker_and_its_parameters_in_any_place(clip, results):
    box = ["--optional_box", "60", "25", "28", "16", "--save_results"]
    video = str(clip / "clip.mp4")
    assert run_video(["ncc", video, *box]) == 0
    first = (results / "ncc" / "default" / "video_clip" / "boxes_1.txt").read_text()
    assert run_video(["--tracker", "ncc", *box, "--runid", "1", video]) == 0
    assert run_video(["ncc", "default", "--runid", "2", video, *box]) == 0
    for run in ("default_001", "default_002"):
        assert (results / "ncc" / run / "video_clip" / "boxes_1.txt").read_text() == first


@pytest.mark.parametrize(("function", "runs"), [("several", ["default_000", "default_001"]), ("one", ["default_003"])])
def test_experiments_with_pytrackings_imports(mine, results, function, runs):
    assert run_experiment(["./zz_experiment.py", function]) == 0
    assert sorted(path.name for path in (results / "ncc").iterdir()) == runs


def test_an_experiments_trackers_are_changed_where_they_have_the_parameter():
    trackers = [Tracker("ncc"), Tracker(Still)]
    changed = change_all(trackers, {"search_factor": "3.0"})
    assert changed[0].parameters().search_factor == 3.0
    assert changed[1] is trackers[1]
    with pytest.raises(SettingsError, match="no tracker of this experiment has a parameter 'depth'"):
        change_all(trackers, {"depth": 3})


def test_names_of_the_package_are_imported_when_asked_for():
    code = "import sys, pytracking.evaluation; assert 'torch' not in sys.modules; pytracking.evaluation.Tracker"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    with pytest.raises(ImportError):
        from pytracking.evaluation import nothing  # noqa: F401
