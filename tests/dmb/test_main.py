"""Tests the `dmb` command: what it lists exists, uses its own name, and answers a shell."""

import importlib
import inspect
import os
import pathlib
import re
import subprocess
import sys

import pytest

import dmb
from dmb.__main__ import COMMANDS, main

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def typed(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["dmb"])


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_runs_by_its_name(name, capsys):
    module = importlib.import_module(COMMANDS[name][0])
    assert "arguments" in inspect.signature(module.main).parameters
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: dmb {name} [-h]")
    assert not re.search(r"python (-m )?\w+[./]\w+", shown.partition("examples:")[2].partition("\n\n")[0])


def test_what_there_is_is_listed(capsys):
    with pytest.raises(SystemExit):
        main([])
    shown = capsys.readouterr().out
    assert all(
        re.search(rf"^  {name} +{re.escape(what)}$", shown, re.MULTILINE) for name, (_, what) in COMMANDS.items()
    )


def test_another_name_is_refused_with_those_there_are(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["vidio", "clip.mp4"])
    assert ended.value.code == 2
    assert re.search("'vidio'.*video.*convert", capsys.readouterr().err)


def test_the_version_is_the_packages(capsys):
    (version,) = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert dmb.__version__ == version
    with pytest.raises(SystemExit):
        main(["vot", "--version"])
    assert capsys.readouterr().out == f"DMB {version}\n"


@pytest.mark.parametrize(
    ("line", "answer"), [("dmb v", ["video", "vot", "validate"]), ("dmb video --optional", ["--optional_box "])]
)
def test_a_shell_that_completes_a_line_is_answered(tmp_path, line, answer):
    asked = {
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "answer"),
    }
    subprocess.run([sys.executable, "-m", "dmb"], env={**os.environ, **asked}, cwd=ROOT, check=True)
    assert (tmp_path / "answer").read_text().split("\n") == answer
