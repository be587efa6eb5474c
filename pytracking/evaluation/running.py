"""Runs a protocol over sequences, on one worker or many: what is finished is skipped, a failure stops no other job."""

import dataclasses
import pathlib
import sys
from collections.abc import Callable, Iterable
from typing import Any

from libs.dataset.object_sequences import video_name
from libs.dataset.sequence import Sequence
from libs.utils.errors import SettingsError
from pytracking.evaluation.debug import LEVELS
from pytracking.evaluation.environment import results_path
from pytracking.evaluation.manifest import describe_run
from pytracking.evaluation.one_pass import debug_folder
from pytracking.evaluation.progress import Progress
from pytracking.evaluation.protocol import Job, Protocol
from pytracking.evaluation.protocols.ope import OPE
from pytracking.evaluation.store import open_store
from pytracking.evaluation.tracker import Tracker
from pytracking.evaluation.workers import run_jobs
from pytracking.tracker.base.adapter import as_base_tracker

Failure = tuple[str, str, str]
"""Name of a tracker's results, name of a sequence or video, and why it failed."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run did.

    Attributes:
        failures: (name of the sequence or video, reason) of each job that failed.
        run: the jobs that were run, failed ones included.
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
    """Run a tracker over sequences by a protocol; results are on disk when each job is done.

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
        SettingsError: the results there were made otherwise and `force` is not set, or another process is writing.
        DMBError: the tracker cannot be built, or a file cannot be written.
    """
    create = getattr(tracker, "create_tracker", _Ready(tracker))
    built = create()
    # Here, once is enough; elsewhere each process builds its own.
    ready = _Ready(built) if workers == 1 else create
    with open_store(folder) as store:
        jobs = protocol.jobs(sequences, folder, seed)
        manifest = describe_run(built, dataset, sequences, seed or 0, protocol.runs_as)
        store.claim(manifest, jobs, protocol.earlier(folder, seed), force)
        todo = [job for job in jobs if again or not store.is_finished(job)]
        total, remaining = sum(map(len, jobs)), sum(map(len, todo))
        with Progress(title, total, total - remaining, store.finish) as progress:
            if todo:
                run_jobs(Runner(protocol, ready), todo, workers, progress)
    return Outcome(progress.failures, todo, len(jobs) - len(todo))


def run_dataset(
    sequences: list[Sequence],
    trackers: Iterable[Any],
    *,
    protocol: Protocol | None = None,
    dataset: str | None = None,
    results: str | pathlib.Path | None = None,
    workers: int = 1,
    debug: int = 0,
    force: bool = False,
) -> list[Failure]:
    """Run trackers over sequences; what is finished already is skipped, unless it is to be shown.

    Args:
        sequences: to run on.
        trackers: of `Tracker`, or of trackers (see `as_base_tracker`).
        protocol: how they are run; None: once through, as OPE and VOS are judged.
        dataset: name of the dataset, for the manifest.
        results: folder of all results; None for the setting `results_path`.
        workers: number of processes that share the sequences.
        debug: 1 shows what the tracker does in every frame, or writes it as pictures to `debug/<video>` where there
            is no display; 2 waits for a key after each.
        force: run again what is finished, and throw away results that were made otherwise.

    Returns:
        what failed.

    Raises:
        SettingsError: `workers` is below 1, several processes are to show frames, there is no such level of debug, or
            the results there were made otherwise. DMBError: a tracker cannot be built.
    """
    if debug not in LEVELS:
        raise SettingsError(f"debug is {debug}; it must be one of {', '.join(map(str, LEVELS))}")
    if workers < 1 or (debug and workers > 1):
        raise SettingsError(f"workers is {workers}; it must be at least 1, and 1 with debug")
    protocol = OPE() if protocol is None else protocol
    if debug:
        protocol.debug = debug
    failures = []
    for tracker in trackers:
        tracker = tracker if isinstance(tracker, Tracker) else Tracker(tracker)
        folder = protocol.root(results_path(results)) / tracker.results_name
        outcome = run_protocol(
            protocol,
            tracker,
            sequences,
            folder,
            title=tracker.display_name,
            dataset=dataset,
            seed=tracker.run_id,
            workers=workers,
            force=force,
            again=debug > 0,
        )
        failures += [(tracker.results_name, name, reason) for name, reason in outcome.failures]
        print(
            f"{tracker.display_name}: {len(outcome.run) - len(outcome.failures)} sequences run, "
            f"{outcome.finished} were finished before; results in {folder}"
        )
        if debug and any(debug_folder(job).is_dir() for job in outcome.run):
            print(f"debug pictures in {folder / 'debug'}")
    return failures


def report_failures(failures: Iterable[Failure]) -> int:
    """Name each failed sequence and its error on the standard error. Returns the exit status, 1 if there are any."""
    for tracker, sequence, reason in failures:
        print(f"failed: {tracker}, {sequence}: {reason}", file=sys.stderr)
    return 1 if failures else 0


def choose_sequence(sequences: list[Sequence], wanted: str | None) -> list[Sequence]:
    """The sequence called `wanted`, or with that number (from 0), as a list of one; all of them where it is None.

    A video's name chooses all of its objects.

    Raises:
        SettingsError: there is no such sequence.
    """
    if wanted is None:
        return sequences
    for name in (video_name, lambda sequence: sequence.name):
        named = [sequence for sequence in sequences if name(sequence) == wanted]
        if named:
            return named
    if str(wanted).isdecimal() and int(wanted) < len(sequences):
        return [sequences[int(wanted)]]
    names = ", ".join(sequence.name for sequence in sequences[:8])
    raise SettingsError(
        f"no sequence {wanted!r}; give a number from 0 to {len(sequences) - 1} or a name, such as {names}"
    )


def choose_video(sequences: list[Sequence], wanted: str | None) -> list[Sequence]:
    """As `choose_sequence`, but with all objects of the chosen one's video, because they are followed together."""
    chosen = {video_name(sequence) for sequence in choose_sequence(sequences, wanted)}
    return [sequence for sequence in sequences if video_name(sequence) in chosen]
