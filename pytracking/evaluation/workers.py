"""Jobs, one sequence each, run here or shared by processes, GPUs and machines; one that fails stops no other.

A job has a `name` (for people), a `key` (text that no other job has; it seeds the random numbers) and `len()`, its
frames. All are handed out by a `JobQueue`, whoever runs them.
"""

import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import sys
import time
import traceback
import zlib
from collections.abc import Callable
from typing import Any

import cv2
import torch
from torch.distributed import Store  # pyright: ignore[reportPrivateImportUsage]

from libs.utils.command_line import TERMINATIONS
from libs.utils.errors import DMBError, FullDiskError, SettingsError
from libs.utils.seeding import seed_everything
from pytracking.evaluation.gathering import receive_files, send_files
from pytracking.evaluation.job_queue import POLL, JobQueue, StoreLostError, Worker, new_number
from pytracking.evaluation.world import Address, World

Run = Callable[[Any, Callable[[int], object]], object]
"""Runs a job, calling its second argument with the index of each frame."""
Build = Callable[[], Run]

# Seconds that a worker has to delete its drafts when the run is ended.
LONGEST_CLEANUP = 5


def run_jobs(
    build: Build,
    jobs: list[Any],
    workers: int,
    listener: Any,
    *,
    world: World | None = None,
    run: tuple[Store, Address | None] | None = None,
    sends: bool = False,
) -> None:
    """Run all jobs, with the other processes of the world if there are any.

    Args:
        build: makes `run`, which is called as `run(job, on_frame)` and calls `on_frame(index)` after each frame; with
            several workers it is pickled into each of them.
        jobs: list of jobs; the same, in the same order, in each process of the world.
        workers: number of processes of this one; 1 runs the jobs in this one. With several GPUs they take them in turn.
        listener: has `frame(job, index)`, `finished(job)` and `failed(job, reason, trace)`, the trace being text,
            empty for bad input. Used where the world is led only.
        world: None: this process alone.
        run: the world's `open_run`; None: that is called here.
        sends: whether the files of a finished job are sent to the process that leads.

    Raises:
        SettingsError: `build` cannot be pickled, or raised a DMBError in a worker; the store is lost. What `build`
            raises escapes if there is one worker. FullDiskError: the disk takes no more; the jobs that are finished
            are.
    """
    world = world or World()
    store, address = run or world.open_run(workers > 1)
    queue = JobQueue(store, len(jobs))
    overseer = _Overseer(queue, jobs, listener if world.leads else None)
    if workers == 1:
        function = build()
        with Worker(queue=JobQueue(store, len(jobs)), number=new_number(store)) as worker:
            _serve(worker, function, jobs, sends, overseer)
    else:
        assert address is not None
        _run_in_processes(_Life(build, jobs, address, workers, world.local_rank, sends), overseer)
    overseer.wait()


class _Overseer:
    """Tells a listener, None where another process leads, what becomes of the jobs."""

    def __init__(self, queue: JobQueue, jobs: list[Any], listener: Any) -> None:
        self.queue, self._jobs, self._listener = queue, jobs, listener
        self._told: set[int] = set()
        self._frames: dict[int, int] = {}
        self._due = 0.0

    def frame(self, number: int, index: int) -> None:
        """A frame that was done in this process."""
        if self._listener is not None:
            self._listener.frame(self._jobs[number], index)
            self._frames[number] = index
            if time.monotonic() > self._due:
                self.collect()

    def collect(self) -> None:
        """Look at what others did."""
        self._due = time.monotonic() + POLL
        if self._listener is None:
            return
        for number in range(self.queue.handed_out()):
            if number not in self._told:
                self._look_at(number)

    def wait(self) -> None:
        """Until every job has an outcome."""
        self.collect()
        while self.queue.unfinished():
            self.queue.raise_end()
            time.sleep(POLL)
            self.collect()

    def _look_at(self, number: int) -> None:
        job, outcome = self._jobs[number], self.queue.outcome(number)
        if outcome is None:
            index = int(self.queue.value(f"frame/{number}") or -1)
            if index > self._frames.get(number, -1):
                self._frames[number] = index
                self._listener.frame(job, index)
            return
        self._told.add(number)
        if outcome["failure"]:
            self._listener.failed(job, *outcome["failure"])
            return
        if outcome.get("sent"):
            receive_files(self.queue.store, f"{outcome['worker']}/{number}", outcome["sent"], (*job.files, *job.extras))
        self._listener.finished(job)


def _serve(worker: Worker, run: Run, jobs: list[Any], sends: bool, overseer: _Overseer | None = None) -> None:
    """Take jobs and run them until all are finished. Raises FullDiskError, having ended the run for all."""
    idle = overseer.collect if overseer is not None else lambda: None
    while (number := worker.take(idle)) is not None:
        job = jobs[number]

        def on_frame(index: int, number: int = number) -> None:
            worker.frame(number, int(index))
            if overseer is not None:
                overseer.frame(number, index)

        try:
            failure = _attempt(run, job, on_frame)
        except FullDiskError as error:
            worker.queue.end("full", str(error))
            raise
        sent = []
        if sends and failure is None:
            sent = send_files(worker.queue.store, f"{worker.number}/{number}", (*job.files, *job.extras))
        worker.finish(number, failure, sent=sent)
        idle()


def _attempt(run: Run, job: Any, on_frame: Callable[[int], object]) -> tuple[str, str] | None:
    """Run one job. Returns None, or (reason, trace) of what stopped it."""
    seed_by(job.key)
    try:
        run(job, on_frame)
    except (FullDiskError, StoreLostError):
        # No other job could write, or be told of, either.
        raise
    except DMBError as error:
        return str(error), ""
    except Exception as error:
        return f"{type(error).__name__}: {error}", traceback.format_exc()
    return None


def seed_by(key: str) -> None:
    """Seed every random number from a text, such as the key of a job: no order and no number of workers counts."""
    seed_everything(zlib.crc32(key.encode()))


class _Life:
    """A worker's life in a process of its own: build the tracker once, run jobs; can be sent there."""

    def __init__(
        self, build: Build, jobs: list[Any], address: Address, workers: int, local_rank: int, sends: bool
    ) -> None:
        self.build, self.jobs, self.address = build, jobs, address
        self.workers, self.local_rank, self.sends = workers, local_rank, sends

    def __call__(self, place: int, number: int) -> None:
        """Live.

        Args:
            place: of the process among those of this machine, from 0.
            number: of the worker.
        """
        # Ctrl-C reaches the whole group; the parent alone decides what it means, and if it ends the run, this process
        # leaves by an exception, so that half-written drafts are deleted.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for termination in TERMINATIONS:
            signal.signal(termination, lambda *arguments: sys.exit())
        threads = max(1, min(torch.get_num_threads(), (os.cpu_count() or 1) // self.workers))
        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
        if torch.cuda.is_available():
            torch.cuda.set_device((self.local_rank * self.workers + place) % torch.cuda.device_count())
        queue = JobQueue(self.address.connect(), len(self.jobs))
        try:
            run = self.build()
        except DMBError as error:
            queue.end("unusable", str(error))
            return
        try:
            with Worker(queue, number) as worker:
                _serve(worker, run, self.jobs, self.sends)
        except DMBError:
            # The parent says it, or has ended.
            return


def _run_in_processes(life: _Life, overseer: _Overseer) -> None:
    """Keep workers alive as long as there is something to do."""
    queue = overseer.queue
    active: dict[int, tuple[Any, int]] = {}
    try:
        while unfinished := queue.unfinished():
            queue.raise_end()
            for place in range(min(life.workers, len(unfinished))):
                if place not in active:
                    number = new_number(queue.store)
                    active[place] = _start(life, place, number), number
            multiprocessing.connection.wait([process.sentinel for process, _ in active.values()], POLL)
            for place, (process, number) in list(active.items()):
                if process.exitcode is not None:
                    del active[place]
                    _see_off(queue, process.exitcode, number)
            overseer.collect()
    finally:
        _end([process for process, _ in active.values()])


def _see_off(queue: JobQueue, code: int, number: int) -> None:
    if code and queue.value(f"took/{number}") is None:
        queue.raise_end()
        raise SettingsError(f"a worker's process ended with exit code {code} before it began a sequence")
    queue.bury(number, f"its process ended with exit code {code}")


def _start(life: _Life, place: int, number: int) -> Any:
    # A fresh interpreter: forking one that has used CUDA or OpenMP hangs.
    process = multiprocessing.get_context("spawn").Process(target=life, args=(place, number), daemon=True)
    try:
        process.start()
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise SettingsError(
            f"the tracker cannot be sent to another process ({error}); use one worker, or give an object whose "
            "create_tracker() builds it"
        ) from error
    return process


def _end(processes: list[Any]) -> None:
    """Have workers delete their drafts and end.

    They are asked again each second: an exception of a signal's handler is lost where Python runs a destructor or a
    callback of its import system, and the worker continues.
    """
    for _ in range(LONGEST_CLEANUP):
        for process in processes:
            if process.is_alive():
                process.terminate()
        for process in processes:
            process.join(1)
