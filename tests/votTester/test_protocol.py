import pathlib
import textwrap

import pytest

from libs.utils.errors import SettingsError
from pytracking.evaluation import workers as workers_module
from pytracking.evaluation.engine import Runner
from pytracking.tracker.static.static import Static
from votTester.protocol import Resets
from votTester.results import result_file

# In a module of its own, because a new process must be able to import it.
TROUBLE = """
    import os, random
    import numpy as np
    from libs.utils.errors import DataError

    class Trouble:
        def init(self, image, state, name):
            if name == "crash":
                os._exit(3)
            if name == "bug":
                raise ZeroDivisionError("a bug")
            if name == "bad":
                raise DataError("frame 7 is unreadable")
            self.state = np.array(state) + random.random() + np.random.rand()

        def update(self, image):
            return self.state + 0.001 * random.random()
"""


class Listener:
    def __init__(self):
        self.frames, self.done, self.failures = {}, [], {}

    def frame(self, job, index):
        self.frames.setdefault(job.name, []).append(index)

    def finished(self, job):
        self.done.append(job.name)

    def failed(self, job, reason, trace):
        self.failures[job.name] = reason, trace


def run_jobs(create, jobs, workers, listener):
    workers_module.run_jobs(Runner(Resets(), create), jobs, workers, listener)


@pytest.fixture
def trouble(tmp_path, monkeypatch):
    (tmp_path / "trouble_tracker.py").write_text(textwrap.dedent(TROUBLE))
    monkeypatch.syspath_prepend(tmp_path)
    import trouble_tracker

    return trouble_tracker.Trouble


@pytest.fixture
def jobs(make_sequence):
    def make(folder, *names):
        return Resets().jobs([make_sequence(name, frames=8) for name in names], folder, seed=0)

    return make


def test_failures_in_this_process_stop_no_other_job(trouble, jobs, tmp_path):
    listener = Listener()
    run_jobs(trouble, jobs(tmp_path, "bug", "a", "bad", "b"), 1, listener)
    assert listener.done == ["a", "b"]
    assert listener.failures["bad"] == ("frame 7 is unreadable", "")
    reason, trace = listener.failures["bug"]
    assert reason == "ZeroDivisionError: a bug"
    assert "trouble_tracker.py" in trace
    assert listener.frames["a"] == list(range(8))
    assert not result_file(tmp_path, "bug").exists()


@pytest.mark.slow
def test_several_processes_survive_failures_and_a_crash_with_the_same_results(trouble, jobs, tmp_path):
    listener = Listener()
    run_jobs(trouble, jobs(tmp_path / "two", "crash", "bug", "a", "bad", "b"), 2, listener)
    assert sorted(listener.done) == ["a", "b"]
    assert listener.failures["crash"][0] == "its process ended with exit code 3"
    assert listener.failures["bug"][0] == "ZeroDivisionError: a bug"
    assert listener.failures["bad"] == ("frame 7 is unreadable", "")
    run_jobs(trouble, jobs(tmp_path / "one", "b", "a"), 1, Listener())
    for name in ("a", "b"):
        first, second = (result_file(tmp_path / folder, name).read_text() for folder in ("one", "two"))
        assert first == second


def test_seed_and_repetition_change_what_is_random(trouble, make_sequence, tmp_path):
    sequence = make_sequence("a", frames=8)
    made = [*Resets(2).jobs([sequence], tmp_path / "0", seed=0), *Resets().jobs([sequence], tmp_path / "1", seed=1)]
    run_jobs(trouble, made, 1, Listener())
    assert len({job.files[0].read_text() for job in made}) == 3


def test_tracker_that_cannot_be_sent_is_refused(jobs, tmp_path):
    tracker = Static()
    with pytest.raises(SettingsError, match="cannot be sent to another process"):
        run_jobs(lambda: tracker, jobs(tmp_path, "a", "b"), 2, Listener())


def test_unreadable_image_fails_its_sequence_and_is_named(jobs, tmp_path):
    (job,) = jobs(tmp_path, "a")
    job.task.frames[5] = pathlib.Path(tmp_path / "00000006.jpg")
    listener = Listener()
    run_jobs(Static, [job], 1, listener)
    assert "00000006.jpg" in listener.failures["a"][0]
    assert not job.files[0].exists()
