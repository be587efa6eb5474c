"""Paths: argument, environment variable, local.py, default, in this order."""

import dataclasses
import importlib.util
import pathlib
import sys
import types

import pytest

from libs.utils.errors import SettingsError
from libs.utils.local_settings import find_path, load_local_settings, write_local_template
from libs.utils.params import Params


@dataclasses.dataclass
class Paths(Params):
    mountain_path: str = dataclasses.field(default="", metadata={"help": "folder of mountains"})


@pytest.fixture
def local_module(monkeypatch):
    module = types.ModuleType("made_local")
    module.__file__ = "made_local.py"
    module.local_env_settings = lambda: Paths(mountain_path="/from/local")
    monkeypatch.setitem(sys.modules, "made_local", module)
    monkeypatch.delenv("DMB_MOUNTAIN_PATH", raising=False)
    return module


def test_the_order_of_precedence(local_module, monkeypatch):
    assert find_path("mountain", Paths, "made_local") == pathlib.Path("/from/local")
    monkeypatch.setenv("DMB_MOUNTAIN_PATH", "/from/environment")
    assert find_path("mountain", Paths, "made_local") == pathlib.Path("/from/environment")
    assert find_path("mountain", Paths, "made_local", argument="/given") == pathlib.Path("/given")


def test_a_missing_path_names_three_ways(monkeypatch):
    monkeypatch.delenv("DMB_MOUNTAIN_PATH", raising=False)
    with pytest.raises(
        SettingsError, match=r"DMB_MOUNTAIN_PATH.*settings\.mountain_path in libs/no_such_local\.py.*argument"
    ):
        find_path("mountain", Paths, "libs.no_such_local")
    assert find_path("mountain", Paths, "libs.no_such_local", default="here") == pathlib.Path("here")


def test_a_local_file_that_returns_nothing_is_refused(local_module):
    local_module.local_env_settings = lambda: None
    with pytest.raises(SettingsError, match=r"made_local\.py.*must return a Paths"):
        load_local_settings(Paths, "made_local")


def test_the_template_works_and_is_never_overwritten(tmp_path):
    file = tmp_path / "local.py"
    assert write_local_template(file, Paths)
    text = file.read_text()
    assert "# folder of mountains" in text

    spec = importlib.util.spec_from_file_location("written_local", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.local_env_settings().mountain_path == ""

    file.write_text("edited")
    assert not write_local_template(file, Paths)
    assert file.read_text() == "edited"
