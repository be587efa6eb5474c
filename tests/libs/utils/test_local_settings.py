"""Paths: argument, environment variable, local.py, default, in this order."""

import dataclasses
import importlib.util
import pathlib
import re

import pytest

from libs.utils import local_settings
from libs.utils.errors import SettingsError
from libs.utils.local_settings import find_path, load_local_settings, local_file, write_local_template
from libs.utils.params import Params


@dataclasses.dataclass
class Paths(Params):
    mountain_path: str = dataclasses.field(default="", metadata={"help": "folder of mountains"})


LOCAL = """
from dataclasses import dataclass
from libs.utils.params import Params

@dataclass
class Paths(Params):
    mountain_path: str = "/from/local"

def local_env_settings():
    return Paths()
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout in whose `made/local.py` the path 'mountain' is set."""
    monkeypatch.setattr(local_settings, "ROOT", tmp_path)
    monkeypatch.delenv("DMB_MOUNTAIN_PATH", raising=False)
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "local.py").write_text(LOCAL)
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def test_the_order_of_precedence(checkout, monkeypatch):
    assert find_path("mountain", Paths, "made.local") == pathlib.Path("/from/local")
    monkeypatch.setenv("DMB_MOUNTAIN_PATH", "/from/environment")
    assert find_path("mountain", Paths, "made.local") == pathlib.Path("/from/environment")
    assert find_path("mountain", Paths, "made.local", argument="/given") == pathlib.Path("/given")


def test_a_missing_path_names_three_ways(checkout):
    file = re.escape(str(checkout / "made" / "other.py"))
    with pytest.raises(SettingsError, match=rf"DMB_MOUNTAIN_PATH.*settings\.mountain_path in {file}.*argument"):
        find_path("mountain", Paths, "made.other")
    assert find_path("mountain", Paths, "made.other", default="here") == pathlib.Path("here")


def test_an_installed_copy_has_its_file_in_the_users_folder(checkout, monkeypatch):
    """What lies beside an installed package is nobody's to edit: it is not read, even if it is there."""
    (checkout / "pyproject.toml").unlink()
    monkeypatch.setenv("HOME", str(checkout / "home"))
    file = checkout / "home" / ".config" / "dmb" / "made_local.py"
    assert local_file("made.local") == file
    with pytest.raises(SettingsError, match=rf"in {re.escape(str(file))} \(`python -m .*` writes that file\)"):
        find_path("mountain", Paths, "made.local")
    assert write_local_template(file, Paths)
    file.write_text(LOCAL.replace("/from/local", "/from/home"))
    assert find_path("mountain", Paths, "made.local") == pathlib.Path("/from/home")


def test_a_local_file_that_returns_nothing_is_refused(checkout):
    (checkout / "made" / "local.py").write_text("def local_env_settings():\n    pass\n")
    with pytest.raises(SettingsError, match=r"local\.py.*must return a Paths"):
        load_local_settings(Paths, "made.local")


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
