import pathlib

import torch

from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session

ROOT = pathlib.Path(__file__).parents[1]


def test_the_tracker_comes_through_torch_hub():
    tracker = torch.hub.load(str(ROOT), "dmb", source="local", device="cpu", memory_interval=3)
    assert tracker.params.memory_interval == 3
    assert tracker.params.pth_path == Tracker("DMB").parameters().pth_path
    assert Session(tracker).results == {}
