"""What holds for every tracker and parameter file: no state outside the object, and the same numbers each time."""

import concurrent.futures
import json
import pkgutil
import subprocess
import sys

import numpy as np
import pytest
import torch

import pytracking.parameter as parameters
from libs.dataset.rendered.sequences import render_sequence
from libs.utils.errors import SettingsError
from pytracking.evaluation.tracker import Tracker

FRAMES = 5
SIZE = (96, 72)


PARAMETER_FILES = [
    (package.name, module.name)
    for package in pkgutil.iter_modules(parameters.__path__)
    for module in pkgutil.iter_modules([f"{parameters.__path__[0]}/{package.name}"])
    # OpenCV's need another package, or files.
    if package.name != "opencv"
]


def build(name, parameter_name, device="cpu"):
    tracker = Tracker(name, parameter_name)
    return tracker.create_tracker(**({"device": device} if hasattr(tracker.parameters(), "device") else {}))


def track(tracker, difficulty, start="init_bbox"):
    """(T, 9) corners and score of every frame of a rendered sequence."""
    torch.set_num_threads(1)  # holds in this thread only
    sequence = render_sequence(difficulty, FRAMES, SIZE)
    info = {"init_bbox": sequence.regions[0]} if start == "init_bbox" else {"init_mask": sequence.mask(0)}
    outputs = [tracker.initialize(sequence.frame(0), info)]
    outputs += [tracker.track(sequence.frame(index)) for index in range(1, FRAMES)]
    return np.array([[*output["polygon"].ravel(), output["score"]] for output in outputs])


def track_elsewhere(name, parameter_name, device="cpu"):
    """A process that prints what `track` gives there on 'easy'."""
    code = (
        "import json, sys; from tests.pytracking.tracker.test_every_tracker import build, track\n"
        "print(json.dumps(track(build(*sys.argv[1:]), 'easy').tolist()))"
    )
    return subprocess.Popen([sys.executable, "-c", code, name, parameter_name, device], stdout=subprocess.PIPE)


def result_of(process):
    """(T, 9) that a process of `track_elsewhere` prints."""
    shown, _ = process.communicate(timeout=300)
    return np.array(json.loads(shown))


@pytest.mark.parametrize(("name", "parameter_name"), PARAMETER_FILES)
def test_tracking_before_the_start_is_explained(name, parameter_name):
    with pytest.raises(SettingsError, match="call initialize"):
        build(name, parameter_name).track(np.zeros((20, 20, 3), np.uint8))


@pytest.mark.parametrize(("name", "parameter_name"), PARAMETER_FILES)
def test_started_again_it_is_a_new_one(name, parameter_name):
    """After another video and another kind of start."""
    tracker, new = (build(name, parameter_name) for _ in range(2))
    track(tracker, "rotation", "init_mask")
    assert (track(tracker, "easy") == track(new, "easy")).all()


@pytest.mark.parametrize(("name", "parameter_name"), PARAMETER_FILES)
def test_trackers_in_threads_do_not_disturb_each_other(name, parameter_name):
    difficulties = ("easy", "rotation")
    trackers = [build(name, parameter_name) for _ in difficulties]
    alone = [track(*pair) for pair in zip(trackers, difficulties, strict=True)]
    with concurrent.futures.ThreadPoolExecutor(len(trackers)) as pool:
        together = list(pool.map(track, trackers, difficulties))
    assert (np.array(together) == np.array(alone)).all()


@pytest.mark.parametrize(("name", "parameter_name"), PARAMETER_FILES)
def test_another_process_gives_the_same_numbers_to_the_bit(name, parameter_name):
    process = track_elsewhere(name, parameter_name)
    assert (track(build(name, parameter_name), "easy") == result_of(process)).all()


@pytest.mark.cuda
def test_processes_on_one_gpu_do_not_disturb_each_other():
    """Within what a GPU's own order of additions changes."""
    alone = track(build("DMB", "DMB_default_params", "cuda"), "easy")
    processes = [track_elsewhere("DMB", "DMB_default_params", "cuda") for _ in range(3)]
    for process in processes:
        assert np.abs(result_of(process) - alone).max() < 2
