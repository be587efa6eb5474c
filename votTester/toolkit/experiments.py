"""Experiments of a stack: what of a dataset they need, which files they write, and how they are run and found again."""

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
"""After so many repetitions that are the same, no further one is run."""
PROPERTIES = ("confidence", "time")


@dataclasses.dataclass(frozen=True)
class ResultNames:
    """The files of an experiment on a sequence, without their folder.

    Attributes:
        certain: that are there when it is finished.
        possible: that may be there too.
        frames: how many are tracked.
    """

    certain: list[str]
    possible: list[str]
    frames: int


class ResultFolder(LocalStorage):
    """Results of one tracker as the toolkit lays them out: `<folder>/<experiment>/<sequence>/...`."""

    def results(self, tracker: object, experiment: Experiment, sequence: MemorySequence) -> Results:
        """Where those of an experiment on a sequence are."""
        return Results(LocalStorage(str(pathlib.Path(self.base) / experiment.identifier / sequence.name)))


def use_folder(experiment: Experiment, folder: pathlib.Path) -> None:
    """Have an experiment read and write its results in a folder, see `ResultFolder`."""
    experiment._storage = ResultFolder(str(folder))


def result_names(experiment: Any, sequence: MemorySequence) -> ResultNames:
    """The files that an experiment writes of a sequence; as text where the environment has VOT_RESULTS_BINARY=0."""
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
    """Run a tracker over a sequence by an experiment.

    Args:
        experiment: of a stack.
        sequence: that it has what the experiment needs.
        tracker: that is run.
        folder: of the results, see `ResultFolder`; empty.
        on_frame: called after each frame with the number of frames before it.
        clock: how long a frame takes.
    """
    count = itertools.count()
    use_folder(experiment, folder)
    experiment.execute(InProcessTracker(tracker, lambda index: on_frame(next(count)), clock), sequence)


def move_results(source: pathlib.Path, target: pathlib.Path, names: ResultNames) -> None:
    """Bring results to where they belong, each file whole or not at all, what says that they are finished last."""
    for name in (*names.possible, *names.certain):
        if (source / name).is_file():
            with whole_or_absent(target / name) as draft:
                draft.write_bytes((source / name).read_bytes())


def is_finished(experiment: Experiment, sequence: MemorySequence) -> bool:
    """Whether all results of an experiment on a sequence are there; its storage says where."""
    complete, _, _ = experiment.scan(InProcessTracker(), sequence)
    return complete


def is_multistart(experiment: Experiment) -> bool:
    """Whether runs begin at anchors."""
    return isinstance(experiment, MultiStartExperiment)


def anchors_of(experiment: Experiment, sequence: MemorySequence) -> list[int]:
    """The frames in which runs of a multi-start experiment begin."""
    forward, backward = _anchors(experiment, sequence)
    return [*forward, *backward]


def longest_run(experiment: Experiment, sequence: MemorySequence) -> int:
    """Frames of the longest run of an experiment on a sequence."""
    if not is_multistart(experiment):
        return len(sequence)
    forward, backward = _anchors(experiment, sequence)
    return max([len(sequence) - index for index in forward] + [index + 1 for index in backward])


def _anchors(experiment: Any, sequence: MemorySequence) -> tuple[list[int], list[int]]:
    """Frames in which runs forwards begin, and runs backwards."""
    return find_anchors(sequence, experiment.anchor)
