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

FRAMES = 3
SIZE = (96, 72)
STARTS = {"easy": "init_bbox", "rotation": "init_mask"}
"""How the sequences start."""

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


def track(tracker, difficulty):
    """(T, 9) corners and score of every frame of a rendered sequence."""
    torch.set_num_threads(1)  # holds in this thread only
    sequence = render_sequence(difficulty, FRAMES, SIZE)
    starts = {"init_bbox": sequence.regions[0], "init_mask": sequence.mask(0)}
    outputs = [tracker.initialize(sequence.frame(0), {STARTS[difficulty]: starts[STARTS[difficulty]]})]
    outputs += [tracker.track(sequence.frame(index)) for index in range(1, FRAMES)]
    return np.array([[*output["polygon"].ravel(), output["score"]] for output in outputs])


def track_elsewhere(files, device="cpu"):
    """A process that prints, for each (tracker, parameter file), what `track` returns on 'easy'."""
    code = (
        "import json, sys; from tests.pytracking.tracker.test_every_tracker import build, track\n"
        "files, device = json.loads(sys.argv[1])\n"
        "print(json.dumps([track(build(*file, device), 'easy').tolist() for file in files]))"
    )
    return subprocess.Popen([sys.executable, "-c", code, json.dumps([files, device])], stdout=subprocess.PIPE)


def results_of(process):
    """The (T, 9) of each file that a process of `track_elsewhere` prints."""
    shown, _ = process.communicate(timeout=300)
    return [np.array(numbers) for numbers in json.loads(shown)]


@pytest.fixture(scope="module")
def elsewhere():
    """Parameter file -> what another process computes on the first sequence."""
    return dict(zip(PARAMETER_FILES, results_of(track_elsewhere(PARAMETER_FILES)), strict=True))


@pytest.fixture(scope="module", params=PARAMETER_FILES, ids="-".join)
def tracker(request):
    """A tracker for each parameter file, which all tests restart."""
    return build(*request.param)


@pytest.fixture(scope="module")
def alone(tracker):
    """Sequence -> what a new tracker returns on the first one, and the same tracker on the second."""
    return {difficulty: track(tracker, difficulty) for difficulty in STARTS}


@pytest.mark.parametrize(("name", "parameter_name"), PARAMETER_FILES)
def test_tracking_before_the_start_is_explained(name, parameter_name):
    with pytest.raises(SettingsError, match="call initialize"):
        build(name, parameter_name).track(np.zeros((20, 20, 3), np.uint8))


def test_started_again_it_is_a_new_one(tracker, alone):
    """After another video and another kind of start."""
    assert (track(tracker, "easy") == alone["easy"]).all()


def test_trackers_in_threads_do_not_disturb_each_other(request, tracker, alone):
    trackers = [tracker, build(*request.node.callspec.params["tracker"])]
    with concurrent.futures.ThreadPoolExecutor(len(trackers)) as pool:
        together = list(pool.map(track, trackers, STARTS))
    for difficulty, numbers in zip(STARTS, together, strict=True):
        assert (numbers == alone[difficulty]).all()


def test_another_process_gives_the_same_numbers_to_the_bit(request, alone, elsewhere):
    assert (elsewhere[request.node.callspec.params["tracker"]] == alone["easy"]).all()


@pytest.mark.cuda
def test_processes_on_one_gpu_do_not_disturb_each_other():
    """Up to the effect of a GPU's order of additions."""
    file = ("DMB", "DMB_default_params")
    alone = track(build(*file, "cuda"), "easy")
    processes = [track_elsewhere([file], "cuda") for _ in range(3)]
    for process in processes:
        assert np.abs(results_of(process)[0] - alone).max() < 2
