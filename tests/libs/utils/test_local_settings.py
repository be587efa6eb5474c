"""Paths: argument, environment variable, local.py, default, in this order."""

import pathlib
import re
import sys

import pytest

from libs.utils import local_settings
from libs.utils.errors import SettingsError
from libs.utils.local_settings import LocalPaths, cache_folder, path_settings
from libs.utils.params import Params


class Paths(Params):
    mountain_path: str = ""
    """folder of mountains"""


LOCAL = """
from libs.utils.params import Params

class Paths(Params):
    mountain_path: str = "/from/local"

def local_env_settings():
    return Paths()
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout that sets the path 'mountain' in `made/local.py`."""
    monkeypatch.setattr(local_settings, "ROOT", tmp_path)
    monkeypatch.delenv("DMB_MOUNTAIN_PATH", raising=False)
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "local.py").write_text(LOCAL)
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


PATHS = LocalPaths("made.local", Paths)


def test_the_order_of_precedence(checkout, monkeypatch):
    assert PATHS.find("mountain") == pathlib.Path("/from/local")
    monkeypatch.setenv("DMB_MOUNTAIN_PATH", "/from/environment")
    assert PATHS.find("mountain") == pathlib.Path("/from/environment")
    assert PATHS.find("mountain", argument="/given") == pathlib.Path("/given")


def test_a_missing_path_names_three_ways(checkout):
    other = LocalPaths("made.other", Paths)
    file = re.escape(str(checkout / "made" / "other.py"))
    with pytest.raises(SettingsError, match=rf"DMB_MOUNTAIN_PATH.*settings\.mountain_path in {file}.*argument"):
        other.find("mountain")
    assert other.find("mountain", default="here") == pathlib.Path("here")


def test_a_misspelt_path_is_named_with_its_file_and_the_nearest(checkout):
    file = checkout / "made" / "local.py"
    file.write_text(LOCAL.replace("return Paths()", "settings = Paths()\n    settings.montain_path = ''"))
    with pytest.raises(SettingsError, match=r"no parameter 'montain_path'; did you mean 'mountain_path'") as error:
        PATHS.find("mountain", default="here")
    assert str(error.value).startswith(f"{file}: ")


def test_a_path_without_a_field_is_set_by_the_environment_alone(checkout):
    with pytest.raises(SettingsError, match=r"'valley' is not set: set .* DMB_VALLEY_PATH, or give the path"):
        PATHS.find("valley")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other folders")
def test_an_installed_copy_has_its_file_in_the_users_folder(checkout, monkeypatch):
    """Nobody should edit files beside an installed package: they are not read, even if they exist."""
    (checkout / "pyproject.toml").unlink()
    monkeypatch.setenv("HOME", str(checkout / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    file = checkout / "home" / ".config" / "dmb" / "made_local.py"
    assert PATHS.file == file
    with pytest.raises(SettingsError, match=rf"in {re.escape(str(file))} \(`python -m .*` writes that file\)"):
        PATHS.find("mountain")
    assert PATHS.write() == file
    file.write_text(LOCAL.replace("/from/local", "/from/home"))
    # A file that was written before the system's own settings folder was used is found there, too.
    monkeypatch.setenv("XDG_CONFIG_HOME", str(checkout / "elsewhere"))
    assert PATHS.find("mountain") == pathlib.Path("/from/home")


def test_a_local_file_that_returns_nothing_is_refused(checkout):
    (checkout / "made" / "local.py").write_text("def local_env_settings():\n    pass\n")
    with pytest.raises(SettingsError, match=r"local\.py.*must return a Paths"):
        PATHS.load()


def test_the_template_works_and_is_never_overwritten(checkout):
    other = LocalPaths("made.other", Paths)
    text = other.write().read_text()
    assert "# folder of mountains" in text
    assert other.load().mountain_path == ""
    other.file.write_text("edited")
    other.write()
    assert other.file.read_text() == "edited"


def test_settings_are_made_of_names():
    settings = path_settings("Places", "places", {"sea": "folder of seas"})()
    assert settings.sea_path == ""
    with pytest.raises(SettingsError, match="did you mean 'sea_path'"):
        settings.see_path = "/x"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other folders")
def test_the_cache_folder(monkeypatch):
    monkeypatch.setenv("DMB_CACHE", "/a/b")
    assert cache_folder() == pathlib.Path("/a/b")
    monkeypatch.delenv("DMB_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    assert cache_folder() == pathlib.Path("/c/dmb")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == pathlib.Path.home() / ".cache" / "dmb"
