"""Runs a protocol with one worker or many, on one machine or many, and skips finished jobs."""

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
        failures: (name of the sequence or video, reason) for each job that failed; known to rank 0.
        run: the jobs that were run here or by others, including failed ones.
        finished: number of jobs that were already finished.
    """

    failures: list[tuple[str, str]]
    run: list[Job]
    finished: int


@dataclasses.dataclass(frozen=True)
class Runner:
    """Builds a tracker and returns the function that runs it over a job; can be sent to another process."""

    protocol: Protocol
    create: Callable[[], Any]

    def __call__(self) -> Callable[[Job, Callable[[int], object]], None]:
        """Returns `run(job, on_frame)`, as `workers.run_jobs` wants it."""
        tracker = as_base_tracker(self.create())
        return lambda job, on_frame: self.protocol.run(tracker, job, on_frame)


@dataclasses.dataclass(frozen=True)
class _Ready:
    """Returns an existing tracker where others build one with `create_tracker`."""

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
    """Run a tracker over sequences with a protocol, together with the other processes of the world if there are any.

    The results of a job are on disk when it ends; if machines share no folder, on the disk of rank 0.

    Args:
        protocol: how to run them.
        tracker: a tracker, or an object with `create_tracker()` that builds one; see `as_base_tracker`.
        sequences: with images.
        folder: of the results; created if missing.
        title: of the progress bar.
        dataset: name of the dataset, for the manifest.
        seed: of the random numbers; None for the seed of a run without a number.
        workers: number of processes that share the sequences and the GPUs.
        force: run finished jobs again, and delete results that were made differently.
        again: run finished jobs again.

    Raises:
        SettingsError: the existing results were made differently and `force` is not set, another process is writing,
            or the folder holds the sequences' images.
        DataError: the sequences lack something that the protocol needs.
        FullDiskError: the disk is full; what was finished is kept.
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
            # Longest first, so that no worker ends up with a long sequence after the others have finished.
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
    """The folders of the sequences' images; none for rendered frames, which must not be rendered just to look."""
    first = (sequence.frames[0] for sequence in sequences if isinstance(sequence.frames, list | tuple))
    return {pathlib.Path(frame).parent for frame in first if isinstance(frame, str | pathlib.Path)}
