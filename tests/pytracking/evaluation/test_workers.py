import dataclasses
import importlib
import textwrap

import numpy as np
import pytest
import torch
from torch.distributed import HashStore

from libs.utils.errors import CheckpointError, FullDiskError, SettingsError
from pytracking.evaluation import workers
from pytracking.evaluation.job_queue import JobQueue
from pytracking.evaluation.progress import Progress

# In a module of its own, because a new process must be able to import it.
BUILDERS = """
    import time
    from libs.utils.errors import CheckpointError
    from libs.media.files import whole_or_absent

    def slow():
        def run(job, on_frame):
            with whole_or_absent(job.name) as draft:
                draft.touch()
                on_frame(0)
                time.sleep(60)
        return run

    def unusable():
        raise CheckpointError("the weights are damaged")
"""


@dataclasses.dataclass(frozen=True)
class Job:
    name: str
    frames: int = 3

    @property
    def key(self):
        return self.name

    def __len__(self):
        return self.frames


class Listener:
    def __init__(self):
        self.frames, self.done, self.failures = [], [], {}

    def frame(self, job, index):
        self.frames.append((job.name, index))

    def finished(self, job):
        self.done.append(job.name)

    def failed(self, job, reason, trace):
        self.failures[job.name] = reason


@pytest.fixture
def quiet_worker(monkeypatch):
    """`workers._Life` without its effects on this process, with its own store."""
    monkeypatch.setattr(workers.signal, "signal", lambda *arguments: None)
    monkeypatch.setattr(workers.cv2, "setNumThreads", lambda number: None)
    threads = []
    monkeypatch.setattr(torch, "set_num_threads", threads.append)
    return threads


class Here:
    """An address in this process."""

    def __init__(self):
        self.store = HashStore()

    def connect(self):
        return self.store


def live(build, jobs, place=0, processes=4):
    """Run a worker in this process. Returns the queue as the worker leaves it."""
    address = Here()
    workers._Life(build, jobs, address, processes, 0, False)(place, 7)
    return JobQueue(address.store, len(jobs))


def test_random_numbers_depend_on_the_job_alone():
    drawn = {}

    def run(job, on_frame):
        drawn.setdefault(job.name, []).append((np.random.rand(), torch.rand(1).item()))

    workers.run_jobs(lambda: run, [Job("a"), Job("b"), Job("a")], 1, Listener())
    assert drawn["a"][0] == drawn["a"][1] != drawn["b"][0]


def test_worker_reports_outcomes_and_ends(quiet_worker, monkeypatch):
    monkeypatch.setattr(workers.os, "cpu_count", lambda: 8)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)

    def run(job, on_frame):
        on_frame(0)
        if job.name == "bad":
            raise CheckpointError("bad")

    queue = live(lambda: run, [Job("a"), Job("bad")])
    assert [queue.outcome(number)["failure"] for number in range(2)] == [None, ["bad", ""]]
    assert queue.unfinished() == []
    assert quiet_worker == [2]


def test_a_full_disk_ends_the_run_at_once(quiet_worker, monkeypatch):
    """No other job could write, so each would be computed for nothing."""

    def run(job, on_frame):
        if job.name == "b":
            raise FullDiskError("b.txt cannot be written")

    jobs, listener = [Job("a"), Job("b"), Job("c")], Listener()
    with pytest.raises(FullDiskError, match=r"b\.txt"):
        workers.run_jobs(lambda: run, jobs, 1, listener)
    assert listener.done == ["a"]
    queue = live(lambda: run, jobs)
    assert queue.unfinished() == [1, 2]
    with pytest.raises(FullDiskError, match=r"b\.txt"):
        queue.raise_end()


def test_workers_take_the_gpus_in_turn(quiet_worker, monkeypatch):
    chosen = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    for place in range(3):
        live(lambda: None, [], place, 3)
    assert chosen == [0, 1, 0]


@pytest.fixture
def builders(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("builders")
    (folder / "worker_builders.py").write_text(textwrap.dedent(BUILDERS))
    monkeypatch.syspath_prepend(folder)
    return importlib.import_module("worker_builders")


def test_tracker_that_cannot_be_built_in_a_worker_ends_the_run(builders):
    listener = Listener()
    with pytest.raises(SettingsError, match="the weights are damaged"):
        workers.run_jobs(builders.unusable, [Job("a"), Job("b")], 2, listener)
    assert not listener.done


def test_interrupted_run_leaves_no_draft(builders, tmp_path):
    listener = Listener()

    def interrupt(job, index):
        raise KeyboardInterrupt

    listener.frame = interrupt
    with pytest.raises(KeyboardInterrupt):
        workers.run_jobs(builders.slow, [Job(str(tmp_path / name)) for name in "ab"], 2, listener)
    assert not list(tmp_path.iterdir())


def test_progress_counts_failed_and_finished_jobs(capsys):
    with Progress("title", 10, 4) as progress:
        progress.frame(Job("a"), 1)
        progress.finished(Job("a"))
        progress.failed(Job("b"), "its reason", "")
        assert progress._bar.n == 10
    assert progress.failures == [("b", "its reason")]
    assert "b failed: its reason" in capsys.readouterr().out
