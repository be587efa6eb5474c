"""Accuracy, robustness and expected average overlap of raw results: of each sequence, each tag, and in all."""

import dataclasses

import numpy as np

from libs.utils.errors import DataError
from votTester import toolkit
from votTester.results import find_results, read_result
from votTester.trajectory import FAILED

# Frames between which the EAO curve is averaged (VOT reports of 2016, 2018, 2019), both ends included.
EAO_INTERVALS = {"vot2016": (108, 371), "vot2018": (100, 356), "vot2019": (46, 291)}
PUBLISHED_SEQUENCES = 60
NO_TAG = "no tag"


@dataclasses.dataclass(frozen=True)
class Score:
    """The numbers of a sequence, a tag, or all sequences together.

    Attributes:
        name: of the sequence or tag.
        frames: number of annotated frames.
        failures: mean over the repetitions.
        overlap_sum, overlap_frames: sum of the overlaps, and the frames, that accuracy is taken over.
        seconds, timed_frames: time the tracker took, for the frames that were timed.
    """

    name: str
    frames: int
    failures: float
    overlap_sum: float
    overlap_frames: int
    seconds: float
    timed_frames: int

    @property
    def accuracy(self):
        """Mean overlap, 0..1; None where no frame counts."""
        return self.overlap_sum / self.overlap_frames if self.overlap_frames else None

    @property
    def robustness(self):
        """Failures per 100 frames, as published; None without frames."""
        return 100 * self.failures / self.frames if self.frames else None

    @property
    def fps(self):
        """Frames per second of the tracker itself, starts included; None for results without times."""
        return self.timed_frames / self.seconds if self.seconds > 0 else None


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """One tracker's numbers on one dataset.

    Attributes:
        label: name of the results.
        dataset: name of the dataset.
        sequences, tags: list of Score.
        total: Score of all sequences; accuracy is the mean over frames, not over sequences.
        eao: expected average overlap; `eao_note` says over which frames, and whether that is comparable.
        eao_interval: (first, last) frame of it.
        curve: (N,) the EAO curve.
        overlaps: sequence name -> (T,) overlap in the first repetition, 0 at codes.
        trajectories: sequence name -> the first repetition's Trajectory.
        missing: names of the sequences that have no results.
    """

    label: str
    dataset: str
    sequences: list
    tags: list
    total: Score
    eao: float
    eao_note: str
    eao_interval: tuple
    curve: np.ndarray
    overlaps: dict
    trajectories: dict
    missing: list


def evaluate(folder, label, dataset, annotations):
    """Evaluate the raw results in `folder`.

    Args:
        folder: holds `baseline/<seq>/<seq>_001.txt`.
        label: name for tables and plots.
        dataset: the dataset's name; 'vot2016', 'vot2018' and 'vot2019' have published EAO intervals.
        annotations: list of Annotation.

    Raises:
        DataError: no sequence has results, or a file is malformed.
    """
    runs = {a.name: [read_result(path, len(a)) for path in find_results(folder, a.name)] for a in annotations}
    finished = [annotation for annotation in annotations if runs[annotation.name]]
    if not finished:
        names = ", ".join(annotation.name for annotation in annotations[:3])
        raise DataError(f"{folder} holds no results (baseline/<seq>/<seq>_001.txt) of {names}, ...: wrong --name?")
    overlaps = {a.name: [toolkit.frame_overlaps(run, a) for run in runs[a.name]] for a in finished}
    sequences = [_score(a.name, runs[a.name], a) for a in finished]
    curve = _curve(finished, runs, overlaps)
    interval, note = _eao_interval(dataset, finished, len(curve))
    return Evaluation(
        label=label,
        dataset=dataset,
        sequences=sequences,
        tags=_tag_scores(finished, runs),
        total=_merge("total", sequences),
        eao=float(curve[interval[0] : interval[1] + 1].mean()),
        eao_note=note,
        eao_interval=interval,
        curve=curve,
        overlaps={name: of_runs[0] for name, of_runs in overlaps.items()},
        trajectories={a.name: runs[a.name][0] for a in finished},
        missing=[annotation.name for annotation in annotations if not runs[annotation.name]],
    )


def _score(name, runs, annotation, frames=None):
    """Score of the runs on a sequence, on all its frames or on those where the (T,) bool `frames` is set."""
    counted = np.ones(len(annotation), dtype=bool) if frames is None else frames
    means = [toolkit.accuracy(run, annotation, frames) for run in runs]
    timed = [run.seconds[counted & np.isfinite(run.seconds)] for run in runs if run.seconds is not None]
    return Score(
        name=name,
        frames=int(counted.sum()),
        failures=sum(int(counted[run.frames_with(FAILED)].sum()) for run in runs) / len(runs),
        overlap_sum=sum(mean * count for mean, count in means),
        overlap_frames=sum(count for _, count in means),
        seconds=float(sum(seconds.sum() for seconds in timed)),
        timed_frames=sum(len(seconds) for seconds in timed),
    )


def _merge(name, scores):
    sums = {
        field.name: sum(getattr(score, field.name) for score in scores)
        for field in dataclasses.fields(Score)
        if field.name != "name"
    }
    return Score(name=name, **sums)


def _tag_scores(annotations, runs):
    """One score a tag that some frame has, and one for the frames with none."""
    tags = list(dict.fromkeys(tag for annotation in annotations for tag in annotation.tags))
    scores = []
    for tag in [*tags, NO_TAG]:
        parts = []
        for annotation in annotations:
            frames = _tagged_frames(annotation, tag)
            if frames.any():
                parts.append(_score(tag, runs[annotation.name], annotation, frames))
        if parts:
            scores.append(_merge(tag, parts))
    return scores


def _tagged_frames(annotation, tag):
    if tag != NO_TAG:
        return annotation.tags.get(tag, np.zeros(len(annotation), dtype=bool))
    return ~np.any([np.zeros(len(annotation), dtype=bool), *annotation.tags.values()], axis=0)


def _curve(annotations, runs, overlaps):
    pieces = [
        piece
        for annotation in annotations
        for run, run_overlaps in zip(runs[annotation.name], overlaps[annotation.name], strict=True)
        for piece in toolkit.fragments(run, annotation, run_overlaps)
    ]
    return toolkit.eao_curve(pieces, max(int(annotation.present.sum()) for annotation in annotations))


def _eao_interval(dataset, annotations, curve_length):
    """((first, last), note): the published interval for a whole published dataset, else up to the median length."""
    interval = EAO_INTERVALS.get(dataset.lower())
    if interval and len(annotations) == PUBLISHED_SEQUENCES and curve_length > interval[0]:
        return interval, f"frames {interval[0]} to {interval[1]}"
    median = int(np.median([len(annotation) for annotation in annotations]))
    last = min(max(median, 1), curve_length - 1)
    return (min(1, last), last), f"frames 1 to {last}, not comparable with published values"
