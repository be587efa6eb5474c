import pytest

from libs.utils.errors import SettingsError
from pytracking.evaluation.experiment import load_experiment, trackerlist


def test_one_tracker_or_one_a_run():
    assert [tracker.results_name for tracker in trackerlist("ncc", "default")] == ["ncc/default"]
    names = [tracker.results_name for tracker in trackerlist("ncc", "default", range(2))]
    assert names == ["ncc/default_000", "ncc/default_001"]


def test_example_compares_two_trackers_on_rendered_sequences():
    trackers, sequences = load_experiment("examples", "dmb_against_ncc")()
    assert [tracker.name for tracker in trackers] == ["DMB", "ncc"]
    assert len(sequences) == 4


EXPERIMENT = """
from pytracking.evaluation import Tracker, get_dataset, trackerlist

def runs():
    return trackerlist("ncc", "default", range(2), "NCC") + trackerlist("ncc", "default", 3), get_dataset("mini")

def one():
    return [Tracker("ncc", "default", None, "Template"), Tracker("ncc", "default", 1)], get_dataset("mini")
"""


def test_experiment_files_of_pytracking(tmp_path):
    file = tmp_path / "theirs.py"
    file.write_text(EXPERIMENT)
    trackers, _ = load_experiment(str(file), "runs")()
    assert [tracker.results_name for tracker in trackers] == [f"ncc/default_00{number}" for number in (0, 1, 3)]
    assert [tracker.display_name for tracker in trackers] == ["NCC", "NCC", "ncc/default_003"]
    trackers, _ = load_experiment(str(file), "one")()
    assert [tracker.display_name for tracker in trackers] == ["Template", "ncc/default_001"]


def test_unknown_names_list_those_there_are():
    with pytest.raises(SettingsError, match="no 'mine' in pytracking/experiments; there is: examples; or"):
        load_experiment("mine", "f")
    with pytest.raises(SettingsError, match="no function 'get_dataset'; it has: dmb_against_ncc, dmb_three_runs"):
        load_experiment("examples", "get_dataset")
