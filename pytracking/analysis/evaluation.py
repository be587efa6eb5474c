"""Which results are compared on which sequences and frames: by dataset, attribute and sequence."""

import pathlib
import warnings
from collections.abc import Mapping

import numpy as np

from libs.dataset.sequence import Sequence
from libs.utils.errors import DataError
from pytracking.analysis.ope import FrameErrors, concatenate, frame_errors, score, true_boxes
from pytracking.analysis.result_files import box_file, read_result
from pytracking.analysis.rules import rules_of
from pytracking.analysis.scores import Evaluation, Score
from pytracking.analysis.shared import notes_on


def evaluate_boxes(
    runs: Mapping[str, list[pathlib.Path]], dataset: str, sequences: list[Sequence], absent: str | None = None
) -> list[Evaluation]:
    """Evaluates trackers on the sequences that all of them finished.

    Args:
        runs: label of a tracker -> folders of its results.
        dataset: its name.
        sequences: of the dataset.
        absent: as for `rules_of`.

    Returns:
        Evaluation of each, with scores of sequences, attributes and the total. A warning names the sequences that are
        left out.

    Raises:
        DataError: no sequence is finished by all, or the dataset has no ground truth.
    """
    _check_annotated(dataset, sequences)
    found = {each.name: _errors_of_all(each, runs, absent) for each in sequences}
    errors = {name: of_all for name, of_all in found.items() if of_all is not None}
    finished = [each for each in sequences if each.name in errors]
    if not finished:
        raise DataError(f"no sequence of {dataset} is finished by all of {', '.join(runs)}; run them first")
    notes = notes_on([each.name for each in sequences], errors.keys())
    evaluations = []
    for label in runs:
        of_tracker = [errors[each.name][label] for each in finished]
        by_name = [
            score([of_sequence], "sequence", each.name) for each, of_sequence in zip(finished, of_tracker, strict=True)
        ]
        scores = [*by_name, *_score_attributes(finished, of_tracker), score(of_tracker)]
        counted = [each for each in scores if each is not None]
        evaluations.append(Evaluation(label, dataset, counted, notes))
    return evaluations


def _errors_of_all(
    sequence: Sequence, runs: Mapping[str, list[pathlib.Path]], absent: str | None
) -> dict[str, FrameErrors] | None:
    """Each tracker's errors on a sequence; None, after a warning, where one has no result that can be read."""
    truth, rules = true_boxes(sequence), rules_of(sequence.convention, absent)
    size = sequence.image_size if rules.clipped else None
    errors = {}
    for label, folders in runs.items():
        finished = [folder for folder in folders if box_file(folder, sequence).is_file()]
        try:
            if not finished:
                raise DataError(f"no result of {label}")
            reported = [read_result(folder, sequence) for folder in finished]
        except DataError as error:
            warnings.warn(f"{sequence.name} is left out: {error}", stacklevel=3)
            return None
        first_pixel = sequence.convention.first_pixel
        errors[label] = concatenate([frame_errors(boxes, truth, rules, first_pixel, size) for boxes in reported])
    return errors


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
