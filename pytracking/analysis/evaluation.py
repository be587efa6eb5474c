"""Which results are compared on which sequences and frames: by dataset, attribute and sequence."""

import dataclasses
import warnings

import numpy as np

from libs.utils.errors import DataError
from pytracking.analysis.ope import FrameErrors, concatenate, frame_errors, score, true_boxes
from pytracking.analysis.result_files import box_file, find_runs, read_result

TOTAL = "total"


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Several trackers on one dataset.

    Attributes:
        dataset: its name.
        trackers: their names.
        total: list of Score, one a tracker.
        attributes: attribute -> list of Score, one a tracker, of the frames that have it.
        sequences: sequence -> list of Score, one a tracker.
    """

    dataset: str
    trackers: list
    total: list
    attributes: dict
    sequences: dict

    def groups(self):
        """Yields (kind, name, list of Score) of the total, then of each attribute and sequence."""
        yield TOTAL, TOTAL, self.total
        yield from (("attribute", name, scores) for name, scores in self.attributes.items())
        yield from (("sequence", name, scores) for name, scores in self.sequences.items())


def compare(name, sequences, root, trackers, absent_is_miss=False):
    """Evaluates trackers on the sequences that all of them finished.

    Args:
        name: of the dataset.
        sequences: list of `Sequence`.
        root: folder of all results.
        trackers: list of names as for `find_runs`.
        absent_is_miss: as for `frame_errors`.

    Returns:
        Comparison. A warning names the sequences that are left out.

    Raises:
        DataError: a result is malformed, no sequence is finished by all, or the dataset has no ground truth.
    """
    _check_annotated(name, sequences)
    runs = [find_runs(root, tracker) for tracker in trackers]
    sequences = _finished_by_all(name, sequences, runs, trackers)
    errors = [[_sequence_errors(folders, each, absent_is_miss) for each in sequences] for folders in runs]
    return Comparison(
        dataset=name,
        trackers=list(trackers),
        total=[score(of_tracker) for of_tracker in errors],
        attributes=_score_attributes(sequences, errors),
        sequences={each.name: [score([row[index]]) for row in errors] for index, each in enumerate(sequences)},
    )


def _sequence_errors(folders, sequence, absent_is_miss) -> FrameErrors:
    truth = true_boxes(sequence)
    return concatenate(
        [
            frame_errors(read_result(folder, sequence), truth, absent_is_miss)
            for folder in folders
            if box_file(folder, sequence).is_file()
        ]
    )


def _score_attributes(sequences, errors):
    attributes = {}
    for tag in sorted({tag for sequence in sequences for tag in sequence.tags}):
        frames = [sequence.tags.get(tag, np.zeros(len(sequence), dtype=bool)) for sequence in sequences]
        scores = [
            score([each.choose(chosen) for each, chosen in zip(of_tracker, frames, strict=True)])
            for of_tracker in errors
        ]
        if None not in scores:
            attributes[tag] = scores
    return attributes


def _check_annotated(name, sequences):
    if all(len(sequence) > 1 and np.isnan(true_boxes(sequence)[1:]).all() for sequence in sequences):
        raise DataError(
            f"{name} has no ground truth but the first frames', so that it cannot be evaluated here; pack the results "
            "for its server: python -m pytracking.analysis pack --help"
        )


def _finished_by_all(name, sequences, runs, trackers):
    finished = []
    for sequence in sequences:
        missing = [
            tracker
            for tracker, folders in zip(trackers, runs, strict=True)
            if not any(box_file(folder, sequence).is_file() for folder in folders)
        ]
        if missing:
            warnings.warn(f"{sequence.name} is left out: no result of {', '.join(missing)}", stacklevel=3)
        else:
            finished.append(sequence)
    if not finished:
        raise DataError(f"no sequence of {name} is finished by all of {', '.join(trackers)}; run them first")
    return finished
