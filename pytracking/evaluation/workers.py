"""Jobs, one sequence each, run here or shared by several processes and GPUs; one that fails stops no other.

A job has a `name` (for people), a `key` (text that no other job has; it seeds the random numbers) and `len()`, its
frames.
"""

import collections
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import pickle
import random
import signal
import sys
import traceback
import zlib
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import cv2
import numpy as np
import torch

from libs.utils.command_line import TERMINATIONS
from libs.utils.errors import DMBError, FullDiskError, SettingsError

Run = Callable[[Any, Callable[[int], object]], object]
"""Runs a job, calling its second argument with the index of each frame."""
Build = Callable[[], Run]

ENDS = {"unusable": SettingsError, "full": FullDiskError}
"""What a worker says that ends the run -> the error."""
# Seconds that a worker has to delete its drafts when the run is ended.
LONGEST_CLEANUP = 5


def run_jobs(build: Build, jobs: list[Any], workers: int, listener: Any) -> None:
    """Run all jobs.

    Args:
        build: makes `run`, which is called as `run(job, on_frame)` and calls `on_frame(index)` after each frame; with
            several workers it is pickled into each of them.
        jobs: list of jobs.
        workers: number of processes; 1 runs the jobs in this one. With several GPUs they take them in turn.
        listener: has `frame(job, index)`, `finished(job)` and `failed(job, reason, trace)`, the trace being text,
            empty for bad input.

    Raises:
        SettingsError: `build` cannot be pickled, or raised a DMBError in a worker. What `build` raises escapes if there
            is one worker. FullDiskError: the disk takes no more; the jobs that are finished are.
    """
    if workers == 1:
        _run_here(build, jobs, listener)
    else:
        _run_in_processes(build, jobs, min(workers, len(jobs)), listener)


def _run_here(build: Build, jobs: list[Any], listener: Any) -> None:
    run = build()
    for job in jobs:
        failure = _attempt(run, job, lambda index, job=job: listener.frame(job, index))
        if failure:
            listener.failed(job, *failure)
        else:
            listener.finished(job)


def _attempt(run: Run, job: Any, on_frame: Callable[[int], object]) -> tuple[str, str] | None:
    """Run one job. Returns None, or (reason, trace) of what stopped it."""
    seed_everything(job.key)
    try:
        run(job, on_frame)
    except FullDiskError:
        # No other job could write either.
        raise
    except DMBError as error:
        return str(error), ""
    except Exception as error:
        return f"{type(error).__name__}: {error}", traceback.format_exc()
    return None


def seed_everything(key: str) -> None:
    """Seed every random number from a text, such as the key of a job: no order and no number of workers counts."""
    seed = zlib.crc32(key.encode())
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _run_in_processes(build: Build, jobs: list[Any], workers: int, listener: Any) -> None:
    # Longest first, so that no worker is left alone with a long sequence at the end.
    pending = collections.deque(sorted(jobs, key=len, reverse=True))
    active, started = {}, 0
    try:
        while pending or active:
            while pending and len(active) < workers:
                connection, process = _start_worker(build, started, workers)
                started += 1
                active[connection] = process, _assign(connection, pending)
            ready = multiprocessing.connection.wait(list(active))
            for connection in [each for each in active if each in ready]:
                process, job = active[connection]
                job = _receive(connection, process, job, pending, listener)
                active[connection] = process, job
                if job is None:
                    del active[connection]
                    connection.close()
                    process.join()
    finally:
        _end([process for process, _ in active.values()])


def _end(processes: list[Any]) -> None:
    """Have workers delete their drafts and end.

    They are asked again each second: an exception of a signal's handler is lost where Python runs a destructor or a
    callback of its import system, and the worker goes on.
    """
    for _ in range(LONGEST_CLEANUP):
        for process in processes:
            if process.is_alive():
                process.terminate()
        for process in processes:
            process.join(1)


def _start_worker(build: Build, number: int, workers: int) -> tuple[Connection, Any]:
    # A fresh interpreter: forking one that has used CUDA or OpenMP hangs.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(there, build, number, workers), daemon=True)
    try:
        process.start()
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise SettingsError(
            f"the tracker cannot be sent to another process ({error}); use one worker, or give an object whose "
            "create_tracker() builds it"
        ) from error
    there.close()
    return here, process


def _assign(connection: Connection, pending: collections.deque) -> Any:
    """Send the next job to a worker, or word that there is none. Returns the job or None."""
    job = pending.popleft() if pending else None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.send(job)
    return job


def _receive(connection: Connection, process: Any, job: Any, pending: collections.deque, listener: Any) -> Any:
    """Handle one message of a worker. Returns the job it is at now; None when it has ended."""
    try:
        kind, *content = connection.recv()
    except (EOFError, ConnectionResetError):
        process.join()
        listener.failed(job, f"its process ended with exit code {process.exitcode}", "")
        return None
    if kind in ENDS:
        raise ENDS[kind](*content)
    if kind == "frame":
        listener.frame(job, *content)
        return job
    if kind == "failed":
        listener.failed(job, *content)
    else:
        listener.finished(job)
    return _assign(connection, pending)


def _work(connection: Connection, build: Build, number: int, workers: int) -> None:
    """A worker's life: build the tracker once, run the jobs it is sent."""
    # Ctrl-C reaches the whole group; the parent alone decides what it means, and if it ends the run, this process
    # leaves by an exception, so that half-written drafts are deleted.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for termination in TERMINATIONS:
        signal.signal(termination, lambda *arguments: sys.exit())
    threads = max(1, min(torch.get_num_threads(), (os.cpu_count() or 1) // workers))
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    if torch.cuda.is_available():
        torch.cuda.set_device(number % torch.cuda.device_count())
    try:
        run = build()
    except DMBError as error:
        connection.send(("unusable", str(error)))
        return
    while (job := connection.recv()) is not None:
        try:
            failure = _attempt(run, job, lambda index: connection.send(("frame", int(index))))
        except FullDiskError as error:
            connection.send(("full", str(error)))
            return
        connection.send(("failed", *failure) if failure else ("finished",))
