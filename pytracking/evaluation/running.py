"""Trackers over datasets, for `run_tracker.py` and experiments, and the choice of sequences."""

import pathlib
import sys
from collections.abc import Iterable
from typing import Any

from libs.dataset.object_sequences import video_name
from libs.dataset.sequence import Sequence
from libs.utils.errors import SettingsError
from pytracking.evaluation.debug import LEVELS
from pytracking.evaluation.engine import Outcome, run_protocol
from pytracking.evaluation.environment import results_path
from pytracking.evaluation.exports import check_formats, export_jobs
from pytracking.evaluation.limits import MOST_OBJECTS
from pytracking.evaluation.one_pass import OnePass, debug_folder
from pytracking.evaluation.protocol import Protocol
from pytracking.evaluation.protocols.ope import OPE
from pytracking.evaluation.tracker import Tracker
from pytracking.evaluation.world import join_world

Failure = tuple[str, str, str]
"""Name of a tracker's results, name of a sequence or video, and why it failed."""


def run_dataset(
    sequences: list[Sequence],
    trackers: Iterable[Any],
    *,
    protocol: Protocol | None = None,
    dataset: str | None = None,
    results: str | pathlib.Path | None = None,
    workers: int = 1,
    debug: int = 0,
    max_objects: int = MOST_OBJECTS,
    force: bool = False,
    formats: Iterable[str] = (),
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
        max_objects: how many objects of a video may be followed.
        force: run again what is finished, and throw away results that were made otherwise.
        formats: names of formats (`libs.media.annotations`) in which the results of each video that is run, or was
            not written in them before, are written too, to `<format>/<video>` beside them.

    Returns:
        what failed.

    Raises:
        SettingsError: `workers` is below 1, several processes are to show frames, there is no such level of debug, or
            the results there were made otherwise. DMBError: a tracker cannot be built.
    """
    _require_options(workers, debug)
    protocol = OPE() if protocol is None else protocol
    formats = list(formats)
    check_formats(formats, protocol)
    protocol.max_objects = max_objects
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
        if join_world().leads:
            _tell(tracker, outcome, folder, debug)
            if isinstance(protocol, OnePass) and formats:
                jobs = protocol.jobs(sequences, folder, tracker.run_id)
                finished = [job for job in jobs if all(file.is_file() for file in job.files)]
                export_jobs(protocol, finished, outcome.run, formats)
    return failures


def _require_options(workers: int, debug: int) -> None:
    if debug not in LEVELS:
        raise SettingsError(f"debug is {debug}; it must be one of {', '.join(map(str, LEVELS))}")
    if workers < 1 or (debug and workers > 1):
        raise SettingsError(f"workers is {workers}; it must be at least 1, and 1 with debug")
    if debug and join_world().size > 1:
        raise SettingsError(f"debug is {debug}; several processes cannot show frames: start one")


def _tell(tracker: Tracker, outcome: Outcome, folder: pathlib.Path, debug: int) -> None:
    """Print what was run, and where its results and pictures are."""
    print(
        f"{tracker.display_name}: {len(outcome.run) - len(outcome.failures)} sequences run, "
        f"{outcome.finished} were finished before; results in {folder}"
    )
    if debug and any(debug_folder(job).is_dir() for job in outcome.run):
        print(f"debug pictures in {folder / 'debug'}")


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
