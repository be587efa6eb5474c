"""States of all random generators, through a file."""

import random

import numpy as np
import torch

from libs.utils.seeding import seed_everything
from ltr.admin.random_state import random_state, restore_random_state


def draw():
    return random.random(), np.random.normal(), torch.rand(()).item()


def test_generators_go_on_where_they_were(tmp_path):
    seed_everything(3)
    first = draw()
    torch.save([{}, random_state()], tmp_path / "states")
    expected = [draw() for _ in range(3)]
    seed_everything(3)
    assert draw() == first
    seed_everything(4)
    restore_random_state(torch.load(tmp_path / "states", weights_only=True), rank=1)
    assert [draw() for _ in range(3)] == expected


def test_a_process_that_was_not_there_keeps_its_seed():
    seed_everything(5)
    expected = draw()
    seed_everything(6)
    states = [random_state()]
    seed_everything(5)
    restore_random_state(states, rank=1)
    assert draw() == expected
