"""Jobs (one sequence, one repetition each) run here or shared by several processes; one that fails stops no other."""

import collections
import contextlib
import dataclasses
import multiprocessing
import multiprocessing.connection
import os
import pathlib
import pickle
import random
import signal
import traceback
import zlib

import cv2
import numpy as np
import torch

from libs.utils.errors import DMBError, SettingsError
from votTester.adapter import as_vot_tracker
from votTester.annotations import annotate
from votTester.results import write_result
from votTester.toolkit import run_supervised


@dataclasses.dataclass(frozen=True)
class Job:
    """One run over one sequence.

    Attributes:
        sequence: `libs.dataset.sequence.Sequence`.
        repetition: counts from 1.
        file: where the raw result goes.
        seed: of the whole test; each job draws its own from it.
    """

    sequence: object
    repetition: int
    file: pathlib.Path
    seed: int


def run_jobs(create_tracker, jobs, workers, listener):
    """Run all jobs; what each tracks is on disk when it is done.

    Args:
        create_tracker: makes a tracker; with several workers it is pickled into each of them.
        jobs: list of Job.
        workers: number of processes; 1 runs them in this one.
        listener: has `frame(job, index)`, `finished(job)` and `failed(job, reason, trace)`, the trace being text,
            empty for bad input.

    Raises:
        SettingsError: the tracker cannot be pickled. What building it raises escapes if there is one worker.
    """
    if workers == 1:
        _run_here(create_tracker, jobs, listener)
    else:
        _run_in_processes(create_tracker, jobs, min(workers, len(jobs)), listener)


def _run_here(create_tracker, jobs, listener):
    tracker = as_vot_tracker(create_tracker())
    for job in jobs:
        failure = _run(tracker, job, lambda index, job=job: listener.frame(job, index))
        if failure:
            listener.failed(job, *failure)
        else:
            listener.finished(job)


def _run(tracker, job, on_frame):
    """Run one job. Returns None, or (reason, trace) of what stopped it."""
    # From the job alone, so that neither the order nor the number of workers changes a result.
    seed = zlib.crc32(f"{job.seed} {job.sequence.name} {job.repetition}".encode())
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    try:
        write_result(job.file, run_supervised(tracker, job.sequence, annotate(job.sequence), on_frame))
    except DMBError as error:
        return str(error), ""
    except Exception as error:
        return f"{type(error).__name__}: {error}", traceback.format_exc()
    return None


def _run_in_processes(create_tracker, jobs, workers, listener):
    # Longest first, so that no worker is left alone with a long sequence at the end.
    pending = collections.deque(sorted(jobs, key=lambda job: len(job.sequence), reverse=True))
    active = {}
    try:
        while pending or active:
            while pending and len(active) < workers:
                connection, process = _start_worker(create_tracker, workers)
                active[connection] = process, _assign(connection, pending)
            for connection in multiprocessing.connection.wait(list(active)):
                process, job = active[connection]
                job = _receive(connection, process, job, pending, listener)
                active[connection] = process, job
                if job is None:
                    del active[connection]
                    connection.close()
                    process.join()
    finally:
        for process, _ in active.values():
            process.terminate()


def _start_worker(create_tracker, workers):
    # A fresh interpreter: forking one that has used CUDA or OpenMP hangs.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(there, create_tracker, workers), daemon=True)
    try:
        process.start()
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise SettingsError(
            f"the tracker cannot be sent to another process ({error}); use one worker, or give an object whose "
            "create_tracker() builds it"
        ) from error
    there.close()
    return here, process


def _assign(connection, pending):
    """Send the next job to a worker, or word that there is none. Returns the job or None."""
    job = pending.popleft() if pending else None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.send(job)
    return job


def _receive(connection, process, job, pending, listener):
    """Handle one message of a worker. Returns the job it is at now; None when it has ended."""
    try:
        kind, *content = connection.recv()
    except (EOFError, ConnectionResetError):
        process.join()
        listener.failed(job, f"its process ended with exit code {process.exitcode}", "")
        return None
    if kind == "frame":
        listener.frame(job, *content)
        return job
    if kind == "failed":
        listener.failed(job, *content)
    else:
        listener.finished(job)
    return _assign(connection, pending)


def _work(connection, create_tracker, workers):
    """A worker's life: build the tracker once, run the jobs it is sent."""
    # Ctrl-C reaches the whole group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threads = max(1, (os.cpu_count() or 1) // workers)
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    tracker = as_vot_tracker(create_tracker())
    while (job := connection.recv()) is not None:
        failure = _run(tracker, job, lambda index: connection.send(("frame", int(index))))
        connection.send(("failed", *failure) if failure else ("finished",))
