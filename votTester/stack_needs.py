"""What the toolkit's experiments need from a dataset, and what a reader must know about their numbers."""

import pathlib
import warnings
from collections.abc import Iterator
from typing import Any

from libs.dataset.sequence import Sequence
from libs.utils.errors import DataError
from pytracking.analysis.shared import first_few
from votTester.toolkit.analyses import eao_span, filter_tags, uses_confidence
from votTester.toolkit.experiments import anchors_of, is_multistart, longest_run
from votTester.toolkit.sequences import NOT_KNOWN, MemorySequence
from votTester.toolkit.stacks import is_multiobject, is_supervised, names_no_analysis

RATE = 20
"""Frames a second if a sequence does not say; the toolkit's own default."""


def is_left_out(experiment: Any) -> bool:
    """Whether an experiment is skipped: 'redetection', for which the toolkit has no measure.

    Besides, in version 0.7.4 it consists of only five frames, which show the target where it was.
    """
    return bool(experiment.transformers) and not experiment.analyses


def require(stack: str, experiment: Any, sequences: list[MemorySequence]) -> None:
    """Make sure that sequences have what an experiment needs; the DataError it raises says what they lack."""
    origin = f"experiment {experiment.identifier} of {stack}"
    if is_multistart(experiment):
        _require_anchors(origin, experiment, sequences)
    if is_multiobject(experiment):
        flat = [each.name for each in sequences if not each.has_masks]
        if flat:
            raise DataError(
                f"{origin} judges masks, and {_some(flat, sequences)} no mask: give a dataset with masks, such as VOTS "
                "(groundtruth_<object>.txt), DAVIS, or mini"
            )
    for tag in filter_tags(experiment):
        if not any(tag in each.tags() for each in sequences):
            raise DataError(
                f"{origin} counts the frames that have the tag {tag!r} (<seq>/{tag}.tag), and no sequence has it; "
                "tests/multiobject has the same measures over all frames"
            )


def _require_anchors(origin: str, experiment: Any, sequences: list[MemorySequence]) -> None:
    lacking = [each.name for each in sequences if not anchors_of(experiment, each)]
    if lacking:
        raise DataError(
            f"{origin} starts at anchors, and {_some(lacking, sequences)} none: VOT2020 and later have "
            f"<seq>/{experiment.anchor}.value, a number a frame: 1 where a run forwards begins, -1 where one backwards "
            "does, else 0"
        )
    for sequence in sequences:
        for index in anchors_of(experiment, sequence):
            if sequence.groundtruth(index).is_empty():
                raise DataError(
                    f"{origin}: {sequence.name} has an anchor in frame {index}, in which no target is annotated; move "
                    f"it in {experiment.anchor}.value"
                )


def notes_before(stack: str, experiments: Any, sequences: list[Sequence]) -> Iterator[str]:
    """Notes to show before experiments run."""
    for each in experiments:
        if is_left_out(each):
            yield f"experiment {each.identifier} of {stack} is not run: the toolkit has no measure for it"
    if any(each.realtime for each in experiments) and any(each.rate is None for each in sequences):
        yield f"sequences without a rate (fps in <seq>/sequence) are taken at {RATE} frames a second"


def notes_beside(stack: str, experiments: Any, dataset: str, sequences: list[Sequence]) -> list[str]:
    """What a reader must know about the numbers of a stack."""
    notes = [f"{experiments.title} ({stack})"]
    year = stack.partition("/")[0]
    if year not in dataset.lower():
        notes.append(f"not comparable with published values, which are over the sequences of {year}, not of {dataset}")
    if any(each.realtime for each in experiments):
        notes.append("real time is that of this machine, and of nothing else that ran on it")
        if any(each.rate is None for each in sequences):
            notes.append(f"taken at {RATE} frames a second where the sequence does not say")
    if any(is_supervised(each) for each in experiments):
        notes.append(
            "accuracy, robustness and EAO of restarts are as the toolkit counts them (A and failures are means over "
            "sequences, a failure just before the end counts); without --protocol they are as in the reports of "
            "VOT2016 to 2019"
        )
    if names_no_analysis(stack):
        notes.append(
            "the stack itself scores nothing, because a server keeps the ground truth of the challenge: measures are "
            "those of tests/multiobject, over the ground truth of this dataset"
        )
    return notes


def notes_after(experiment: Any, folder: pathlib.Path, sequences: list[MemorySequence]) -> list[str]:
    """What a reader must know about an experiment's numbers, judging by its results."""
    notes, span = [], eao_span(experiment)
    longest = max(longest_run(experiment, each) for each in sequences)
    if span and longest <= span[1]:
        notes.append(
            f"{experiment.identifier}: EAO is the mean over frames {span[0]} to {span[1]} after a start, but no run is "
            f"longer than {longest} frames: "
            + ("those beyond count 0, unless a run has failed" if is_multistart(experiment) else "too few are left")
        )
    if uses_confidence(experiment):
        silent = [
            each.name
            for each in sequences
            if not list((folder / experiment.identifier / each.name).glob("*_confidence.value"))
        ]
        if silent:
            note = (
                f"{experiment.identifier}: no confidence was given on {_some(silent, sequences, verb=False)}: the "
                "toolkit takes 0 in every frame, so that precision and recall have no curve"
            )
            warnings.warn(note, stacklevel=2)
            notes.append(note)
    return notes


def notes_on_truth(experiment: Any, folder: pathlib.Path, found: int, judged: int) -> list[str]:
    """A note on results that cannot be scored here, because a server keeps the ground truth."""
    if found == judged:
        return []
    return [
        f"{experiment.identifier}: {found - judged} of {found} sequences are annotated in the first frame alone and "
        f"are not scored; their results are ready for the challenge's server in {folder / experiment.identifier}"
    ]


def is_annotated(sequence: MemorySequence) -> bool:
    """Whether a target is annotated in some frame after the one in which it first appears."""
    return any(
        sum(sequence.object(key, index) is not NOT_KNOWN for index in range(len(sequence))) > 1
        for key in sequence.objects()
    )


def _some(names: list[str], sequences: list[MemorySequence], verb: bool = True) -> str:
    some = f"{len(names)} of {len(sequences)} sequences ({first_few(names)})"
    return f"{some} {'has' if len(names) == 1 else 'have'}" if verb else some
