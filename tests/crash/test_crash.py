"""A short version of `python -m tests.crash`."""

import random

import pytest

from tests.crash.killer import Killer
from tests.crash.scenarios import SCENARIOS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_runs_leave_whole_files_and_go_on_to_the_same_numbers(name, tmp_path):
    killer = Killer(SCENARIOS[name](tmp_path / "input"), tmp_path, random.Random(0))
    assert killer.kill(2) >= 1
    assert killer.kills == 2
