"""VOT's reset protocol in the form that the evaluation needs: what to run, how to score, which columns."""

import dataclasses
import math
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from libs.dataset.sequence import Sequence
from pytracking.analysis.scores import Evaluation, Measure, Pictures, Plots, count
from pytracking.analysis.shared import shared_names
from pytracking.evaluation.protocol import Job, Protocol
from votTester.annotations import annotate
from votTester.datasets import VotDataset
from votTester.measures import evaluate
from votTester.pictures import worst_moments, worst_pictures
from votTester.results import find_all_results, find_results, mask_file, result_file, time_file, write_result
from votTester.toolkit.resets import run_supervised

OVERLAP_NOTE = (
    "Overlap with the ground truth in each frame; a cross is a failure, after which the tracker starts again 5 "
    "frames later."
)
PICTURE_NOTE = "Green: the ground truth. Amber: the tracker's region, at a failure its last one, and its mask."
MOMENT_NOTE = "The frames before and after the three worst ones, as moving pictures."


@dataclasses.dataclass(frozen=True)
class Resets(Protocol):
    """Runs every sequence, with a restart 5 frames after each failure.

    Attributes:
        repetitions: runs over each sequence.
    """

    name = "vot"
    runs_as = "resets"
    measures = (
        count("frames"),
        Measure("accuracy"),
        count("failures", best="low"),
        Measure("robustness", high=math.inf, best="low"),
        Measure("eao", title="EAO"),
        Measure("fps", high=math.inf, digits=1),
    )
    compared = ("accuracy", "failures")
    read = ("sequence", "tag")

    repetitions: int = 1

    def root(self, results: pathlib.Path) -> pathlib.Path:
        """The folder itself, because this is the protocol without a name; see Protocol.root."""
        return results

    def jobs(self, sequences: list[Sequence], folder: pathlib.Path, seed: int | None) -> list[Job]:
        """One job for each sequence and repetition; see Protocol.jobs."""
        return [
            _job(sequence, repetition, folder, seed)
            for sequence in sequences
            for repetition in range(1, self.repetitions + 1)
        ]

    def run(self, tracker: Any, job: Job, on_frame: Callable[[int], object]) -> None:
        """Run one sequence; see Protocol.run."""
        write_result(job.files[0], run_supervised(tracker, job.task, annotate(job.task), on_frame))

    def evaluate(self, runs: Mapping[str, list[pathlib.Path]], dataset: str, data: VotDataset) -> list[Evaluation]:
        """See Protocol.evaluate; `data` may be without images."""
        names = [annotation.name for annotation in data.annotations]
        finished = {
            label: [name for name in names if all(find_results(folder, name) for folder in folders)]
            for label, folders in runs.items()
        }
        shared, notes = shared_names(finished, names, dataset)
        annotations = [annotation for annotation in data.annotations if annotation.name in set(shared)]
        evaluations = [
            evaluate(folder, label, dataset, annotations) for label, folders in runs.items() for folder in folders
        ]
        return [dataclasses.replace(each, notes=[*each.notes, *notes]) for each in evaluations]

    def plots(self, evaluations: list[Evaluation]) -> list[Plots]:
        """Accuracy against robustness, the EAO curve, overlap over time; see Protocol.plots."""
        # Imported here, because runs need no plots.
        from votTester.figures import accuracy_robustness_plot, eao_plot, overlap_plot

        curves = [accuracy_robustness_plot(evaluations), eao_plot(evaluations)]
        return [
            Plots("Accuracy, robustness, expected average overlap", curves),
            Plots("Overlap over time", [overlap_plot(evaluations)], OVERLAP_NOTE),
        ]

    def pictures(self, evaluations: list[Evaluation], data: VotDataset) -> list[Pictures]:
        """The worst frames of each tracker, and the frames around the worst of them; see Protocol.pictures."""
        if data.sequences is None:
            return []
        sections = []
        for each in evaluations:
            sections += [
                Pictures(f"Worst frames of {each.label}", worst_pictures(each, data.sequences), PICTURE_NOTE),
                Pictures(f"Worst moments of {each.label}", worst_moments(each, data.sequences), MOMENT_NOTE),
            ]
        return sections

    def earlier(self, folder: pathlib.Path, seed: int | None) -> dict[str, list[pathlib.Path]]:
        """The raw results in a folder; see Protocol.earlier."""
        return {_key(seed, *of): [file, *_beside(file)] for of, file in find_all_results(folder).items()}


def _job(sequence: Sequence, repetition: int, folder: pathlib.Path, seed: int | None) -> Job:
    file = result_file(folder, sequence.name, repetition)
    key = _key(seed, sequence.name, repetition)
    return Job(sequence.name, key, len(sequence), (sequence.name,), (file,), sequence, _beside(file))


def _beside(file: pathlib.Path) -> tuple[pathlib.Path, ...]:
    """The files that a raw result may have beside it."""
    return time_file(file), mask_file(file)


def _key(seed: int | None, name: str, repetition: int) -> str:
    return f"{seed} {name} {repetition}"
