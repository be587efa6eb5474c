"""Video object segmentation: J and F, each with mean, recall and decay, as DAVIS evaluates them.

Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation", CVPR 2016; Pont-Tuset et
al., "The 2017 DAVIS Challenge", arXiv 1704.00675. The first frame, whose mask is given, and the last are left out.
"""

import dataclasses

import numpy as np
from tqdm import tqdm

from libs.utils.errors import DataError
from libs.utils.metrics import boundary_f, region_similarity
from pytracking.analysis.masks import read_result_labels, videos_with_masks
from pytracking.analysis.result_files import find_runs

RECALL_ABOVE = 0.5
QUARTERS = 4
MEASURES = ("J&F", "J mean", "J recall", "J decay", "F mean", "F recall", "F decay")


@dataclasses.dataclass(frozen=True)
class Statistics:
    """A measure over the frames of one object, or the mean over objects.

    Attributes:
        mean: of the measure, 0..1.
        recall: share of frames in which it is above 0.5.
        decay: its mean in the first quarter of the frames less that in the last, -1..1.
    """

    mean: float
    recall: float
    decay: float


@dataclasses.dataclass(frozen=True)
class ObjectScore:
    """J and F of one object, or their means over objects.

    Attributes:
        name: of the sequence that was tracked.
        j, f: Statistics.
    """

    name: str
    j: Statistics
    f: Statistics

    @property
    def values(self):
        """The measures in the order of `MEASURES`."""
        return [(self.j.mean + self.f.mean) / 2, *dataclasses.astuple(self.j), *dataclasses.astuple(self.f)]


def statistics(values):
    """Statistics of the per-frame values of one object, (T,), T at least 1.

    The quarters share their border frames: their limits are frames 1 to T in four equal steps, rounded half up.
    """
    values = np.asarray(values, dtype=np.float64)
    limits = np.floor(np.linspace(1, len(values), QUARTERS + 1) + 0.5).astype(int) - 1
    first, last = values[: limits[1] + 1], values[limits[-2] :]
    return Statistics(float(values.mean()), float((values > RECALL_ABOVE).mean()), float(first.mean() - last.mean()))


def score_run(videos, run):
    """J and F of every object in the results of one run.

    Args:
        videos: list of `Video`.
        run: folder of the results.

    Returns:
        list of ObjectScore.

    Raises:
        DataError: a mask is missing, damaged or of another size, or an object has no ground truth to compare to.
    """
    progress = tqdm(videos, desc=run.name, unit="video", delay=2)
    return [score for video in progress for score in _score_video(video, run)]


def average(scores):
    """The mean over objects (list of ObjectScore), called 'total'."""
    j, f = (
        Statistics(*np.mean([dataclasses.astuple(getattr(score, part)) for score in scores], axis=0).tolist())
        for part in ("j", "f")
    )
    return ObjectScore("total", j, f)


def compare_segmentations(sequences, root, trackers):
    """J and F of trackers on the objects of a dataset; repeated runs are averaged.

    Args:
        sequences: list of `Sequence` with masks.
        root: folder of all results.
        trackers: list of names as for `find_runs`.

    Returns:
        tracker -> list of ObjectScore, the last of which is the total.

    Raises:
        DataError: as `score_run`, or there are no results.
    """
    videos = videos_with_masks(sequences)
    compared = {}
    for tracker in trackers:
        runs = [score_run(videos, run) for run in find_runs(root, tracker)]
        objects = [
            dataclasses.replace(average(of_object), name=of_object[0].name) for of_object in zip(*runs, strict=True)
        ]
        compared[tracker] = [*objects, average(objects)]
    return compared


def _score_video(video, run):
    """Yields the ObjectScore of each object; the masks of a frame are read once for all of them."""
    measured = {key: ([], []) for key in video.objects}
    for index in range(1, len(video.names) - 1):
        truths = {
            key: sequence.mask(index - first) for key, (sequence, first) in video.objects.items() if index > first
        }
        truths = {key: mask for key, mask in truths.items() if mask is not None}
        labels = read_result_labels(run, video, index) if truths else None
        for key, truth in truths.items():
            measured[key][0].append(region_similarity(labels == key, truth))
            measured[key][1].append(boundary_f(labels == key, truth))
    for key, (j, f) in measured.items():
        name = video.objects[key][0].name
        if not j:
            raise DataError(
                f"{name} has no mask between its first and its last frame to compare to; results on "
                "test sets are packed for their server: python -m pytracking.analysis pack --help"
            )
        yield ObjectScore(name, statistics(j), statistics(f))
