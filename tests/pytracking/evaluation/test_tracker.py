import pytest

from libs.utils.errors import SettingsError
from pytracking.evaluation.environment import PATHS, network_path, results_path
from pytracking.evaluation.tracker import Tracker


def test_names_that_do_not_exist_list_those_that_do():
    with pytest.raises(SettingsError, match=r"no 'DBM' in pytracking/tracker; there is: DMB, base"):
        Tracker("DBM", "DMB_default_params")
    with pytest.raises(SettingsError, match="there is: DMB_default_params"):
        Tracker("DMB", "defaults")


def test_a_parameter_file_may_stand_behind_the_name():
    assert Tracker("opencv:kcf").results_name == "opencv/kcf"
    assert Tracker("opencv:kcf").arguments() == ["opencv", "kcf"]
    assert Tracker("opencv", "kcf").parameters() == Tracker("opencv:kcf").parameters()
    with pytest.raises(SettingsError, match="no 'kfc' in pytracking/parameter/opencv; there is: csrt, kcf"):
        Tracker("opencv:kfc")
    with pytest.raises(SettingsError, match="opencv:kcf names its parameter file, and csrt is another"):
        Tracker("opencv:kcf", "csrt")


def test_parameters_with_overrides():
    tracker = Tracker("DMB", "DMB_default_params", run_id=7)
    assert tracker.results_name == "DMB/DMB_default_params_007"
    assert tracker.parameters(memory_interval=3).memory_interval == 3
    assert tracker.parameters().memory_interval == 5
    with pytest.raises(SettingsError, match="did you mean 'memory_interval'"):
        tracker.parameters(memory_intervall=3)


def test_dataset_paths(monkeypatch, tmp_path):
    monkeypatch.delenv("DMB_VOT2018_PATH", raising=False)
    assert PATHS.find("vot2018", tmp_path) == tmp_path
    monkeypatch.setenv("DMB_VOT2018_PATH", str(tmp_path / "vot"))
    assert PATHS.find("vot2018") == tmp_path / "vot"


def test_results_and_networks(monkeypatch, tmp_path):
    monkeypatch.setenv("DMB_RESULTS_PATH", str(tmp_path))
    assert results_path() == tmp_path
    assert network_path("dmb_resnet18.pth.tar").is_file()
    own = tmp_path / "own.pth.tar"
    own.touch()
    assert network_path(own) == own
    monkeypatch.setenv("DMB_NETWORKS_PATH", str(tmp_path))
    assert network_path("own.pth.tar") == own
    assert network_path("dmb_resnet18.pth.tar").is_file()
    assert network_path("absent.pth.tar") == tmp_path / "absent.pth.tar"
