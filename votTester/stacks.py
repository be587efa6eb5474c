"""Protocols of the VOT challenges, from the stacks of experiments that the installed toolkit ships.

<folder>/<experiment>/<sequence>/...    the toolkit's own files: `results/<tracker>` of its workspace is such a folder
"""

import dataclasses
import pathlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from libs.dataset.object_sequences import Video, find_videos, video_name
from libs.dataset.sequence import Sequence
from libs.utils.errors import DataError
from pytracking.analysis.scores import TOTAL, Evaluation, Plots, Score
from pytracking.analysis.shared import shared_names
from pytracking.evaluation.protocol import Job, Protocol
from votTester import stack_needs
from votTester.curves import Curve, draw_curves
from votTester.datasets import VotDataset
from votTester.toolkit.analyses import Scores, measures_of
from votTester.toolkit.experiments import (
    is_finished,
    move_results,
    result_names,
    run_experiment,
    use_folder,
)
from votTester.toolkit.runtime import Clock, real_clock
from votTester.toolkit.sequences import MemorySequence
from votTester.toolkit.stacks import Stack, find_stack, is_multiobject, is_supervised, read_stack, wants_masks
from votTester.toolkit.truth import sequence_of, video_of

Source: TypeAlias = Sequence | Video


@dataclasses.dataclass(frozen=True)
class Details:
    """The plots of one tracker: title -> curve, for all experiments."""

    curves: Mapping[str, Curve]


class StackProtocol(Protocol):
    """All experiments of a stack, run and scored as its file specifies.

    Args:
        stack: its name, see `find_stack`.
        clock: how long a frame takes in real-time experiments; the tracker's own time, except in tests.

    Raises:
        SettingsError: the toolkit has no such stack.
    """

    name = "vot-stack"
    read = ("sequence",)

    def __init__(self, stack: str, clock: Clock = real_clock) -> None:
        self.stack, self.clock = find_stack(stack), clock
        self.runs_as = f"vot-toolkit {self.stack}"
        stack_file = read_stack(self.stack)
        self.starts_anywhere = any(map(is_supervised, stack_file))
        self.in_real_time = any(each.realtime for each in stack_file)
        self._masks = wants_masks(self.stack, stack_file)
        self.measures = tuple(measure for each, prefix in _run_of(stack_file) for measure in measures_of(each, prefix))
        self.compared = tuple(measure.name for measure in self.measures[:2])

    def root(self, results: pathlib.Path) -> pathlib.Path:
        """A folder for the stack below that of all results; see Protocol.root."""
        return results / self.stack

    def require(self, sequences: list[Sequence]) -> None:
        """See Protocol.require; notes are printed."""
        for experiment, _ in self._experiments():
            shown = [self._shown(source) for source in _sources(experiment, sequences)]
            stack_needs.require(self.stack, experiment, shown)
        for note in stack_needs.notes_before(self.stack, read_stack(self.stack), sequences):
            print(f"note: {note}")

    def jobs(self, sequences: list[Sequence], folder: pathlib.Path, seed: int | None) -> list[Job]:
        """One job per experiment and sequence, or per video if its objects are followed together; see Protocol.jobs."""
        return [
            self._job(experiment, source, folder, seed)
            for experiment, _ in self._experiments()
            for source in _sources(experiment, sequences)
        ]

    def run(self, tracker: Any, job: Job, on_frame: Callable[[int], object]) -> None:
        """See Protocol.run."""
        identifier, source = job.task
        experiment, shown = read_stack(self.stack)[identifier], self._shown(source)
        with tempfile.TemporaryDirectory(prefix="vot_") as folder:
            run_experiment(experiment, shown, tracker, pathlib.Path(folder), on_frame, self.clock)
            made = pathlib.Path(folder) / identifier / shown.name
            move_results(made, job.files[0].parent, result_names(experiment, shown))

    def evaluate(self, runs: Mapping[str, list[pathlib.Path]], dataset: str, data: VotDataset) -> list[Evaluation]:
        """See Protocol.evaluate."""
        if data.sequences is None:
            raise DataError(f"{self.stack} needs the dataset's folder: {dataset} was given without images")
        names = list(dict.fromkeys(each.name for e, _ in self._experiments() for each in _sources(e, data.sequences)))
        finished = {label: self._finished(folders, data.sequences) for label, folders in runs.items()}
        shared, notes = shared_names(finished, names, dataset)
        left_out = set(names) - set(shared)
        sequences = [each for each in data.sequences if not {each.name, video_name(each)} & left_out]
        evaluations = [
            self._evaluate(label, folder, dataset, sequences) for label, folders in runs.items() for folder in folders
        ]
        return [dataclasses.replace(each, notes=[*each.notes, *notes]) for each in evaluations]

    def plots(self, evaluations: list[Evaluation]) -> list[Plots]:
        """The curves of each experiment; see Protocol.plots."""
        titles = dict.fromkeys(title for each in evaluations for title in each.details.curves)
        figures = [
            draw_curves({e.label: e.details.curves[title] for e in evaluations if title in e.details.curves})
            for title in titles
        ]
        return [Plots("Curves", figures)] if figures else []

    def _experiments(self) -> Iterator[tuple[Any, str]]:
        return _run_of(read_stack(self.stack))

    def _shown(self, source: Source) -> MemorySequence:
        if isinstance(source, Sequence):
            return sequence_of(source, self._masks)
        return video_of(source, self._masks)

    def _job(self, experiment: Any, source: Source, folder: pathlib.Path, seed: int | None) -> Job:
        shown = self._shown(source)
        names, place = result_names(experiment, shown), folder / experiment.identifier / shown.name
        members = (source.name,) if isinstance(source, Sequence) else tuple(s.name for s, _ in source.objects.values())
        return Job(
            f"{shown.name} ({experiment.identifier})",
            f"{seed} {experiment.identifier} {shown.name}",
            names.frames,
            members,
            tuple(place / name for name in names.certain),
            (experiment.identifier, source),
            tuple(place / name for name in names.possible),
        )

    def _finished(self, folders: list[pathlib.Path], sequences: list[Sequence]) -> set[str]:
        """Names of the sequences that are finished in all folders and experiments."""
        known, unfinished = set(), set()
        for experiment, _ in self._experiments():
            shown = [self._shown(source) for source in _sources(experiment, sequences)]
            known |= {each.name for each in shown}
            for folder in folders:
                use_folder(experiment, folder)
                unfinished |= {each.name for each in shown if not is_finished(experiment, each)}
        return known - unfinished

    def _evaluate(self, label: str, folder: pathlib.Path, dataset: str, sequences: list[Sequence]) -> Evaluation:
        total: dict[str, float] = {}
        parts: dict[str, dict[str, float]] = {}
        curves: dict[str, Curve] = {}
        missing: list[str] = []
        any_found = False
        notes = stack_needs.notes_beside(self.stack, read_stack(self.stack), dataset, sequences)
        for experiment, prefix in self._experiments():
            use_folder(experiment, folder)
            shown = [self._shown(source) for source in _sources(experiment, sequences)]
            found = [each for each in shown if is_finished(experiment, each)]
            missing += [f"{each.name} ({experiment.identifier})" for each in shown if each not in found]
            any_found |= bool(found)
            judged = [each for each in found if stack_needs.is_annotated(each)]
            notes += stack_needs.notes_on_truth(experiment, folder, len(found), len(judged))
            if not judged or not experiment.analyses:
                continue
            scores = Scores(experiment, judged, prefix)
            total |= scores.values
            curves |= {curve.title: curve for curve in scores.curves}
            for each in judged:
                parts.setdefault(each.name, {}).update(Scores(experiment, [each], prefix).values)
            notes += stack_needs.notes_after(experiment, folder, judged)
        if not any_found:
            raise DataError(f"{folder} holds no results of {', '.join(missing[:3])}, ...: wrong --name?")
        scores = [Score("sequence", name, values) for name, values in parts.items()]
        return Evaluation(label, dataset, [*scores, Score(TOTAL, TOTAL, total)], notes, missing, Details(curves))


def _run_of(stack_file: Stack) -> Iterator[tuple[Any, str]]:
    """The experiments of a stack to run, each with the prefix of its measures' names."""
    chosen = [each for each in stack_file if not stack_needs.is_left_out(each)]
    for each in chosen:
        yield each, f"{each.identifier} " if len(chosen) > 1 else ""


def _sources(experiment: Any, sequences: list[Sequence]) -> list[Source]:
    """What an experiment runs on: videos with all of their objects, or each target by itself."""
    return list(find_videos(sequences)) if is_multiobject(experiment) else list(sequences)
