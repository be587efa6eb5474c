import pytest

from libs.utils.errors import SettingsError
from pytracking.evaluation.experiment import load_experiment, trackerlist


def test_one_tracker_or_one_a_run():
    assert [tracker.results_name for tracker in trackerlist("ncc", "default")] == ["ncc/default"]
    names = [tracker.results_name for tracker in trackerlist("ncc", "default", range(2))]
    assert names == ["ncc/default_000", "ncc/default_001"]


@pytest.mark.slow
def test_example_compares_two_trackers_on_rendered_sequences():
    trackers, sequences = load_experiment("examples", "dmb_against_ncc")()
    assert [tracker.name for tracker in trackers] == ["DMB", "ncc"]
    assert len(sequences) == 4


def test_unknown_names_list_those_there_are():
    with pytest.raises(SettingsError, match="no 'mine' in pytracking/experiments; there is: examples; or"):
        load_experiment("mine", "f")
    with pytest.raises(SettingsError, match="no function 'get_dataset'; it has: dmb_against_ncc, dmb_three_runs"):
        load_experiment("examples", "get_dataset")
