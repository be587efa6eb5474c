"""Experiments of a stack: what they need from a dataset, which files they write, how they run and find results."""

import dataclasses
import itertools
import pathlib
from collections.abc import Callable
from typing import Any

from vot import config
from vot.experiment import Experiment, MultiStartExperiment
from vot.experiment.multistart import find_anchors
from vot.tracker import Results
from vot.workspace import LocalStorage

from libs.media.files import whole_or_absent
from pytracking.tracker.base.basetracker import BaseTracker
from votTester.toolkit.runtime import Clock, InProcessTracker
from votTester.toolkit.sequences import MemorySequence

ALIKE = 3
"""After this many identical repetitions, no further one is run."""
PROPERTIES = ("confidence", "time")


@dataclasses.dataclass(frozen=True)
class ResultNames:
    """The files of an experiment on a sequence, without their folder.

    Attributes:
        certain: files that exist once it is finished.
        possible: files that may exist, too.
        frames: number of tracked frames.
    """

    certain: list[str]
    possible: list[str]
    frames: int


class ResultFolder(LocalStorage):
    """Results of one tracker in the toolkit's layout: `<folder>/<experiment>/<sequence>/...`."""

    def results(self, tracker: object, experiment: Experiment, sequence: MemorySequence) -> Results:
        """The folder for an experiment on a sequence."""
        return Results(LocalStorage(str(pathlib.Path(self.base) / experiment.identifier / sequence.name)))


def use_folder(experiment: Experiment, folder: pathlib.Path) -> None:
    """Make an experiment read and write its results in a folder, see `ResultFolder`."""
    experiment._storage = ResultFolder(str(folder))


def result_names(experiment: Any, sequence: MemorySequence) -> ResultNames:
    """The files that an experiment writes for a sequence; as text if VOT_RESULTS_BINARY=0 is set in the environment."""
    if isinstance(experiment, MultiStartExperiment):
        forward, backward = _anchors(experiment, sequence)
        certain = [f"{sequence.name}_{index:08d}" for index in (*forward, *backward)]
        possible: list[str] = []
        frames = sum(len(sequence) - index for index in forward) + sum(index + 1 for index in backward)
    else:
        numbers = range(1, experiment.repetitions + 1)
        sure = min(ALIKE, len(numbers)) if experiment.early_stop else len(numbers)
        names = [sequence.name]
        if len(sequence.objects()) > 1:
            names = [f"{sequence.name}_{each}" for each in sequence.objects()]
        certain = [f"{name}_{number:03d}" for name, number in itertools.product(names, numbers[:sure])]
        possible = [f"{name}_{number:03d}" for name, number in itertools.product(names, numbers[sure:])]
        frames = sure * len(sequence)
    suffix = ".bin" if config.results_binary else ".txt"
    beside = [f"{name}_{each}.value" for name in (*certain, *possible) for each in PROPERTIES]
    files = [f"{name}{suffix}" for name in certain]
    return ResultNames(files, [*beside, *(f"{name}{suffix}" for name in possible)], frames)


def run_experiment(
    experiment: Experiment,
    sequence: MemorySequence,
    tracker: BaseTracker,
    folder: pathlib.Path,
    on_frame: Callable[[int], object],
    clock: Clock,
) -> None:
    """Run an experiment's tracker over a sequence.

    Args:
        experiment: a stack's experiment.
        sequence: a sequence that has what the experiment needs.
        tracker: the tracker to run.
        folder: an empty folder for the results, see `ResultFolder`.
        on_frame: called after each frame with the number of frames that precede it.
        clock: how long a frame takes.
    """
    count = itertools.count()
    use_folder(experiment, folder)
    experiment.execute(InProcessTracker(tracker, lambda index: on_frame(next(count)), clock), sequence)


def move_results(source: pathlib.Path, target: pathlib.Path, names: ResultNames) -> None:
    """Move results into place, each file whole or not at all, and last the file that marks them as finished."""
    for name in (*names.possible, *names.certain):
        if (source / name).is_file():
            with whole_or_absent(target / name) as draft:
                draft.write_bytes((source / name).read_bytes())


def is_finished(experiment: Experiment, sequence: MemorySequence) -> bool:
    """Whether all results of an experiment on a sequence exist in its storage."""
    complete, _, _ = experiment.scan(InProcessTracker(), sequence)
    return complete


def is_multistart(experiment: Experiment) -> bool:
    """Whether runs start at anchors."""
    return isinstance(experiment, MultiStartExperiment)


def anchors_of(experiment: Experiment, sequence: MemorySequence) -> list[int]:
    """The frames in which runs of a multi-start experiment start."""
    forward, backward = _anchors(experiment, sequence)
    return [*forward, *backward]


def longest_run(experiment: Experiment, sequence: MemorySequence) -> int:
    """Number of frames in the longest run of an experiment on a sequence."""
    if not is_multistart(experiment):
        return len(sequence)
    forward, backward = _anchors(experiment, sequence)
    return max([len(sequence) - index for index in forward] + [index + 1 for index in backward])


def _anchors(experiment: Any, sequence: MemorySequence) -> tuple[list[int], list[int]]:
    """Frames in which forward runs start, and those in which backward runs start."""
    return find_anchors(sequence, experiment.anchor)
