"""Accuracy, robustness and expected average overlap of raw results, for each sequence, for each tag and overall."""

import dataclasses
import functools
import math
import operator
import pathlib
from collections.abc import Iterable

import numpy as np

from libs.utils.errors import DataError
from pytracking.analysis.scores import TOTAL, Evaluation, Score
from votTester.annotations import Annotation
from votTester.results import find_results, read_result
from votTester.toolkit import resets
from votTester.trajectory import FAILED, Trajectory

# Frames between which the EAO curve is averaged (VOT reports of 2016, 2018, 2019), both ends included.
EAO_INTERVALS = {"vot2016": (108, 371), "vot2018": (100, 356), "vot2019": (46, 291)}
PUBLISHED_SEQUENCES = 60
NO_TAG = "no tag"

Runs = dict[str, list[Trajectory]]
"""Name of each sequence -> its runs."""


@dataclasses.dataclass(frozen=True)
class Tally:
    """The sums behind the numbers of a sequence, a tag, or all sequences together.

    Attributes:
        frames: number of annotated frames.
        failures: mean over the repetitions.
        overlap_sum, overlap_frames: sum of the overlaps that accuracy averages, and the number of frames.
        seconds, timed_frames: time that the tracker took, and the number of frames that were timed.
    """

    frames: int
    failures: float
    overlap_sum: float
    overlap_frames: int
    seconds: float
    timed_frames: int

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(a + b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)))

    def score(self, kind: str, name: str, eao: float = math.nan) -> Score:
        """The numbers: accuracy is the mean over frames, robustness is failures per 100 frames, as published."""
        values = {
            "frames": self.frames,
            "accuracy": self.overlap_sum / self.overlap_frames if self.overlap_frames else math.nan,
            "failures": self.failures,
            "robustness": 100 * self.failures / self.frames if self.frames else math.nan,
            "eao": eao,
            # The tracker's own speed, including starts.
            "fps": self.timed_frames / self.seconds if self.seconds > 0 else math.nan,
        }
        return Score(kind, name, values)


@dataclasses.dataclass(frozen=True)
class Details:
    """What plots and pictures need from one tracker's runs.

    Attributes:
        eao_interval: (first, last) frame that the EAO averages.
        curve: (N,) EAO curve.
        overlaps: sequence name -> (T,) overlap in the first repetition, 0 at codes.
        trajectories: sequence name -> the first repetition's Trajectory.
        files: sequence name -> its raw result.
    """

    eao_interval: tuple[int, int]
    curve: np.ndarray
    overlaps: dict[str, np.ndarray]
    trajectories: dict[str, Trajectory]
    files: dict[str, pathlib.Path]


def evaluate(folder: str | pathlib.Path, label: str, dataset: str, annotations: list[Annotation]) -> Evaluation:
    """Evaluate the raw results in `folder`.

    Args:
        folder: the folder that holds `baseline/<seq>/<seq>_001.txt`.
        label: name for tables and plots.
        dataset: the dataset's name; 'vot2016', 'vot2018' and 'vot2019' have published EAO intervals.
        annotations: list of Annotation.

    Raises:
        DataError: no sequence has results, or a file is malformed.
    """
    files = {a.name: find_results(folder, a.name) for a in annotations}
    runs = {a.name: [read_result(path, len(a)) for path in files[a.name]] for a in annotations}
    finished = [annotation for annotation in annotations if runs[annotation.name]]
    if not finished:
        names = ", ".join(annotation.name for annotation in annotations[:3])
        raise DataError(f"{folder} holds no results (baseline/<seq>/<seq>_001.txt) of {names}, ...: wrong --name?")
    overlaps = {a.name: [resets.frame_overlaps(run, a) for run in runs[a.name]] for a in finished}
    tallies = {a.name: _tally(runs[a.name], a) for a in finished}
    curve = _curve(finished, runs, overlaps)
    interval, note = _eao_interval(dataset, finished, len(curve))
    eao = float(curve[interval[0] : interval[1] + 1].mean())
    scores = [tally.score("sequence", name) for name, tally in tallies.items()]
    return Evaluation(
        label=label,
        dataset=dataset,
        scores=[*scores, *_tag_scores(finished, runs), _sum(tallies.values()).score(TOTAL, TOTAL, eao)],
        notes=[f"EAO over {note}"],
        missing=[annotation.name for annotation in annotations if not runs[annotation.name]],
        details=Details(
            eao_interval=interval,
            curve=curve,
            overlaps={name: of_runs[0] for name, of_runs in overlaps.items()},
            trajectories={a.name: runs[a.name][0] for a in finished},
            files={a.name: files[a.name][0] for a in finished},
        ),
    )


def _tally(runs: list[Trajectory], annotation: Annotation, frames: np.ndarray | None = None) -> Tally:
    """Tally of the runs on a sequence, over all frames or those where the (T,) bool `frames` is set."""
    counted = np.ones(len(annotation), dtype=bool) if frames is None else frames
    means = [resets.accuracy(run, annotation, frames) for run in runs]
    timed = [run.seconds[counted & np.isfinite(run.seconds)] for run in runs if run.seconds is not None]
    return Tally(
        frames=int(counted.sum()),
        failures=sum(int(counted[run.frames_with(FAILED)].sum()) for run in runs) / len(runs),
        overlap_sum=sum(mean * count for mean, count in means),
        overlap_frames=sum(count for _, count in means),
        seconds=float(sum(seconds.sum() for seconds in timed)),
        timed_frames=sum(len(seconds) for seconds in timed),
    )


def _sum(tallies: Iterable[Tally]) -> Tally:
    return functools.reduce(operator.add, tallies)


def _tag_scores(annotations: list[Annotation], runs: Runs) -> list[Score]:
    """One score for each tag that some frame has, and one for the frames without a tag."""
    tags = list(dict.fromkeys(tag for annotation in annotations for tag in annotation.tags))
    scores = []
    for tag in [*tags, NO_TAG]:
        frames = {annotation.name: _tagged_frames(annotation, tag) for annotation in annotations}
        parts = [_tally(runs[a.name], a, frames[a.name]) for a in annotations if frames[a.name].any()]
        if parts:
            scores.append(_sum(parts).score("tag", tag))
    return scores


def _tagged_frames(annotation: Annotation, tag: str) -> np.ndarray:
    if tag != NO_TAG:
        return annotation.tags.get(tag, np.zeros(len(annotation), dtype=bool))
    return ~np.any([np.zeros(len(annotation), dtype=bool), *annotation.tags.values()], axis=0)


def _curve(annotations: list[Annotation], runs: Runs, overlaps: dict[str, list[np.ndarray]]) -> np.ndarray:
    pieces = [
        piece
        for annotation in annotations
        for run, run_overlaps in zip(runs[annotation.name], overlaps[annotation.name], strict=True)
        for piece in resets.fragments(run, annotation, run_overlaps)
    ]
    return resets.eao_curve(pieces, max(int(annotation.present.sum()) for annotation in annotations))


def _eao_interval(dataset: str, annotations: list[Annotation], curve_length: int) -> tuple[tuple[int, int], str]:
    """((first, last), note): the published interval for a complete published dataset, else up to the median length."""
    interval = EAO_INTERVALS.get(dataset.lower())
    if interval and len(annotations) == PUBLISHED_SEQUENCES and curve_length > interval[0]:
        return interval, f"frames {interval[0]} to {interval[1]}"
    median = int(np.median([len(annotation) for annotation in annotations]))
    last = min(max(median, 1), curve_length - 1)
    return (min(1, last), last), f"frames 1 to {last}, not comparable with published values"
