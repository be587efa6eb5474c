"""Which results are compared on which sequences and frames: by dataset, attribute and sequence."""

import pathlib
import warnings
from collections.abc import Mapping

import numpy as np

from libs.dataset.sequence import Sequence
from libs.utils.errors import DataError
from pytracking.analysis.ope import FrameErrors, concatenate, frame_errors, score, true_boxes
from pytracking.analysis.result_files import box_file, read_result
from pytracking.analysis.scores import Evaluation, Score


def evaluate_boxes(
    runs: Mapping[str, list[pathlib.Path]], dataset: str, sequences: list[Sequence], absent_is_miss: bool = False
) -> list[Evaluation]:
    """Evaluates trackers on the sequences that all of them finished.

    Args:
        runs: label of a tracker -> folders of its results.
        dataset: its name.
        sequences: of the dataset.
        absent_is_miss: as for `frame_errors`.

    Returns:
        Evaluation of each, with scores of sequences, attributes and the total. A warning names the sequences that are
        left out.

    Raises:
        DataError: a result is malformed, no sequence is finished by all, or the dataset has no ground truth.
    """
    _check_annotated(dataset, sequences)
    finished = _finished_by_all(dataset, sequences, runs)
    missing = sorted({each.name for each in sequences} - {each.name for each in finished})
    evaluations = []
    for label, folders in runs.items():
        errors = [_sequence_errors(folders, each, absent_is_miss) for each in finished]
        by_name = [
            score([of_sequence], "sequence", each.name) for each, of_sequence in zip(finished, errors, strict=True)
        ]
        scores = [*by_name, *_score_attributes(finished, errors), score(errors)]
        found = [each for each in scores if each is not None]
        evaluations.append(Evaluation(label, dataset, found, _notes(missing, len(sequences))))
    return evaluations


def _notes(missing: list[str], number: int) -> list[str]:
    if not missing:
        return []
    left_out = ", ".join(missing[:8]) + (", ..." if len(missing) > 8 else "")
    return [f"over the {number - len(missing)} of {number} sequences that all have finished, without {left_out}"]


def _sequence_errors(folders: list[pathlib.Path], sequence: Sequence, absent_is_miss: bool) -> FrameErrors:
    truth = true_boxes(sequence)
    return concatenate(
        [
            frame_errors(read_result(folder, sequence), truth, absent_is_miss)
            for folder in folders
            if box_file(folder, sequence).is_file()
        ]
    )


def _score_attributes(sequences: list[Sequence], errors: list[FrameErrors]) -> list[Score | None]:
    """A Score of each attribute, of the frames that have it."""
    attributes = []
    for tag in sorted({tag for sequence in sequences for tag in sequence.tags}):
        frames = [sequence.tags.get(tag, np.zeros(len(sequence), dtype=bool)) for sequence in sequences]
        chosen = [each.choose(tagged) for each, tagged in zip(errors, frames, strict=True)]
        attributes.append(score(chosen, "attribute", tag))
    return attributes


def _check_annotated(name: str, sequences: list[Sequence]) -> None:
    if all(len(sequence) > 1 and np.isnan(true_boxes(sequence)[1:]).all() for sequence in sequences):
        raise DataError(
            f"{name} has no ground truth but the first frames', so that it cannot be evaluated here; pack the results "
            "for its server: python -m pytracking.analysis pack --help"
        )


def _finished_by_all(dataset: str, sequences: list[Sequence], runs: Mapping[str, list[pathlib.Path]]) -> list[Sequence]:
    finished = []
    for sequence in sequences:
        missing = [
            label
            for label, folders in runs.items()
            if not any(box_file(folder, sequence).is_file() for folder in folders)
        ]
        if missing:
            warnings.warn(f"{sequence.name} is left out: no result of {', '.join(missing)}", stacklevel=3)
        else:
            finished.append(sequence)
    if not finished:
        raise DataError(f"no sequence of {dataset} is finished by all of {', '.join(runs)}; run them first")
    return finished
