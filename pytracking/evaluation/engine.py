"""Runs a protocol, on one worker or many, here or on many machines: what is finished is skipped."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

from libs.dataset.sequence import Sequence
from libs.media.files import check_outputs
from pytracking.evaluation.manifest import describe_run
from pytracking.evaluation.plan import follow_plan, publish_plan
from pytracking.evaluation.progress import Progress
from pytracking.evaluation.protocol import Job, Protocol
from pytracking.evaluation.store import open_store
from pytracking.evaluation.workers import run_jobs
from pytracking.evaluation.world import join_world
from pytracking.tracker.base.adapter import as_base_tracker


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run did.

    Attributes:
        failures: (name of the sequence or video, reason) of each job that failed; known to rank 0.
        run: the jobs that were run, failed ones included, here or by others.
        finished: number of jobs that were finished before.
    """

    failures: list[tuple[str, str]]
    run: list[Job]
    finished: int


@dataclasses.dataclass(frozen=True)
class Runner:
    """Builds a tracker and gives the function that runs it over a job; can be sent to another process."""

    protocol: Protocol
    create: Callable[[], Any]

    def __call__(self) -> Callable[[Job, Callable[[int], object]], None]:
        """Returns `run(job, on_frame)`, as `workers.run_jobs` wants it."""
        tracker = as_base_tracker(self.create())
        return lambda job, on_frame: self.protocol.run(tracker, job, on_frame)


@dataclasses.dataclass(frozen=True)
class _Ready:
    """Makes a tracker that exists already: what `create_tracker` is for one that can be built."""

    tracker: Any

    def __call__(self) -> Any:
        return self.tracker


def run_protocol(
    protocol: Protocol,
    tracker: Any,
    sequences: list[Sequence],
    folder: pathlib.Path,
    *,
    title: str,
    dataset: str | None = None,
    seed: int | None = None,
    workers: int = 1,
    force: bool = False,
    again: bool = False,
) -> Outcome:
    """Run a tracker over sequences by a protocol, with the other processes of the world if there are any.

    Results are on disk when each job is done; where several machines share no folder, on that of rank 0.

    Args:
        protocol: how they are run.
        tracker: a tracker, or an object with `create_tracker()` that builds one; see `as_base_tracker`.
        sequences: with images.
        folder: of the results; made if absent.
        title: of the progress bar.
        dataset: name of the dataset, for the manifest.
        seed: of the random numbers; None for that of a run without a number.
        workers: number of processes that share the sequences and the GPUs.
        force: run again what is finished, and throw away results that were made otherwise.
        again: run again what is finished.

    Raises:
        SettingsError: the results there were made otherwise and `force` is not set, another process is writing, or
            the folder holds the sequences' images.
        DataError: the sequences lack something that the protocol needs.
        FullDiskError: the disk takes no more; what was finished is kept.
        DMBError: the tracker cannot be built, a file cannot be written, the store of the world cannot be reached, or
            rank 0 runs otherwise.
    """
    protocol.require(sequences)
    if protocol.in_real_time and workers > 1:
        print(f"note: {workers} workers share this machine, which makes a tracker late in real time; try --workers 1")
    check_outputs([folder], _image_folders(sequences), "--results")
    create = getattr(tracker, "create_tracker", _Ready(tracker))
    built = create()
    # Here, once is enough; elsewhere each process builds its own.
    ready = _Ready(built) if workers == 1 else create
    runner = Runner(protocol, ready)
    manifest = describe_run(built, dataset, sequences, seed or 0, protocol)
    world = join_world()
    run = world.open_run(workers > 1)
    if not world.leads:
        with follow_plan(run[0], world, manifest, folder) as (keys, there, sends):
            known = {job.key: job for job in protocol.jobs(sequences, there, seed)}
            todo = [known[key] for key in keys]
            run_jobs(runner, todo, workers, None, world=world, run=run, sends=sends)
        return Outcome([], todo, len(known) - len(todo))
    with open_store(folder) as store:
        jobs = protocol.jobs(sequences, folder, seed)
        store.claim(manifest, jobs, protocol.earlier(folder, seed), force)
        todo = [job for job in jobs if again or not store.is_finished(job)]
        if workers * world.size > 1:
            # Longest first, so that no worker is left alone with a long sequence at the end.
            todo.sort(key=len, reverse=True)
        total, remaining = sum(map(len, jobs)), sum(map(len, todo))
        with (
            Progress(title, total, total - remaining, store.finish) as progress,
            publish_plan(run[0], world, manifest, [job.key for job in todo], folder),
        ):
            if todo:
                run_jobs(runner, todo, workers, progress, world=world, run=run)
    return Outcome(progress.failures, todo, len(jobs) - len(todo))


def _image_folders(sequences: list[Sequence]) -> set[pathlib.Path]:
    """The folders that the sequences' images are in; none of what is rendered, which asking for a frame would do."""
    first = (sequence.frames[0] for sequence in sequences if isinstance(sequence.frames, list | tuple))
    return {pathlib.Path(frame).parent for frame in first if isinstance(frame, str | pathlib.Path)}
