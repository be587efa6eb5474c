import collections

import pytest

from libs.utils.errors import SettingsError
from libs.utils.references import find_by_name

KNOWN = {"paper": list, "evidence": dict}


def test_a_known_name_and_one_of_somebody_elses():
    assert find_by_name("paper", KNOWN, "thing") is list
    assert find_by_name("collections:OrderedDict", KNOWN, "thing") is collections.OrderedDict


def test_an_unknown_name_lists_what_there_is_and_the_nearest():
    with pytest.raises(
        SettingsError, match=r"no memory policy 'papre'; there is: evidence, paper \(did you mean 'paper'\?\)"
    ):
        find_by_name("papre", KNOWN, "memory policy")


@pytest.mark.parametrize("name", ["no_such_module:Thing", "collections:NoSuchClass"])
def test_what_cannot_be_loaded_is_named(name):
    with pytest.raises(SettingsError, match=f"thing {name}: "):
        find_by_name(name, KNOWN, "thing")


@pytest.mark.parametrize("name", [":Thing", "collections:", ""])
def test_what_is_no_reference_is_an_unknown_name(name):
    with pytest.raises(SettingsError, match=f"no thing '{name}'"):
        find_by_name(name, KNOWN, "thing")


def test_a_module_on_the_path_is_enough(tmp_path, monkeypatch):
    (tmp_path / "mine_alone.py").write_text("class Mine:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_by_name("mine_alone:Mine", KNOWN, "thing").__name__ == "Mine"
