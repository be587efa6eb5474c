"""Training paths."""

import pathlib

import pytest

from libs.utils.errors import SettingsError
from ltr.admin.environment import training_path


def test_the_argument_and_the_environment(monkeypatch):
    monkeypatch.setenv("DMB_STILLS_PATH", "/some/stills")
    assert training_path("stills") == pathlib.Path("/some/stills")
    assert training_path("stills", "/given") == pathlib.Path("/given")
    assert training_path("workspace", default=".") == pathlib.Path(".")


def test_a_missing_path_names_three_ways():
    with pytest.raises(SettingsError, match=r"DMB_YOUTUBEVOS_PATH.*settings\.youtubevos_path.*argument"):
        training_path("youtubevos")
