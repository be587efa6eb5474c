"""Training paths."""

import pathlib

import pytest

from libs.utils.errors import SettingsError
from ltr.admin.environment import PATHS, EnvironmentSettings


def test_the_argument_and_the_environment(monkeypatch):
    monkeypatch.setenv("DMB_STILLS_PATH", "/some/stills")
    assert PATHS.find("stills") == pathlib.Path("/some/stills")
    assert PATHS.find("stills", "/given") == pathlib.Path("/given")
    assert PATHS.find("workspace", default=".") == pathlib.Path(".")


def test_a_missing_path_names_three_ways():
    with pytest.raises(SettingsError, match=r"DMB_YOUTUBEVOS_PATH.*settings\.youtubevos_path.*argument"):
        PATHS.find("youtubevos")


def test_settings_that_users_have_in_their_files():
    settings = EnvironmentSettings()
    for name in ("workspace", "youtubevos", "davis", "stills", "coco"):
        assert getattr(settings, f"{name}_path") == ""
