"""install.sh refuses what it cannot do, and says how to continue. (CI starts with a whole installation.)"""

import pathlib
import shutil
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).parents[1] / "install.sh"


@pytest.fixture
def checkout(tmp_path):
    """A folder with only the script, so that nothing in this checkout can be touched."""
    shutil.copy(SCRIPT, tmp_path)
    return tmp_path


def install(checkout, *arguments, **environment):
    command = ["bash", str(checkout / "install.sh"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", **environment})


def test_one_argument_is_not_enough_for_conda(checkout):
    result = install(checkout, "/opt/conda")
    assert result.returncode == 1
    assert "bash install.sh CONDA_PATH ENV_NAME" in result.stderr


def test_a_folder_without_conda_is_named(checkout):
    result = install(checkout, "/nowhere/conda", "dmb")
    assert result.returncode == 1
    assert "no conda at '/nowhere/conda'" in result.stderr


def test_without_a_supported_python_it_says_which_are(checkout):
    old = checkout / "old_python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    result = install(checkout, PYTHON=str(old))
    assert result.returncode == 1
    assert "3.10 to 3.13" in result.stderr
    assert not (checkout / ".venv").exists()
