"""Video object segmentation: J and F, each with mean, recall and decay, as DAVIS evaluates them.

Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation", CVPR 2016; Pont-Tuset et
al., "The 2017 DAVIS Challenge", arXiv 1704.00675. The first frame, whose mask is given, and the last are left out.
"""

import dataclasses
import pathlib
import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from libs.dataset.object_sequences import Video
from libs.utils.errors import DataError
from libs.utils.metrics import boundary_f, region_similarity, scored_frames
from pytracking.analysis.masks import read_result_labels
from pytracking.analysis.scores import TOTAL, Score

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


def object_score(name: str, j: Statistics, f: Statistics) -> Score:
    """The Score of one object, called as the sequence that was tracked."""
    numbers = [(j.mean + f.mean) / 2, *dataclasses.astuple(j), *dataclasses.astuple(f)]
    return Score("object", name, dict(zip(MEASURES, numbers, strict=True)))


def statistics(values: ArrayLike) -> Statistics:
    """Statistics of the per-frame values of one object, (T,), T at least 1.

    The quarters share their border frames: their limits are frames 1 to T in four equal steps, rounded half up.
    """
    values = np.asarray(values, dtype=np.float64)
    limits = np.floor(np.linspace(1, len(values), QUARTERS + 1) + 0.5).astype(int) - 1
    first, last = values[: limits[1] + 1], values[limits[-2] :]
    return Statistics(float(values.mean()), float((values > RECALL_ABOVE).mean()), float(first.mean() - last.mean()))


def score_run(videos: Sequence[Video], run: pathlib.Path) -> list[Score]:
    """J and F of every object in the results of one run.

    Args:
        videos: of the dataset.
        run: folder of the results.

    Returns:
        One for each object that has a frame to compare; a warning names the others.

    Raises:
        DataError: a mask is missing, damaged or of another size, or no object has ground truth to compare to.
    """
    progress = tqdm(videos, desc=run.name, unit="video", delay=2)
    scores = [score for video in progress for score in _score_video(video, run)]
    if not scores:
        raise DataError(
            "no object has a mask between its first frame and its video's last to compare to; results on test sets are "
            "packed for their server: python -m pytracking.analysis pack --help"
        )
    return scores


def average(scores: Sequence[Score], kind: str = TOTAL, name: str = TOTAL) -> Score:
    """The mean of scores in each measure."""
    return Score(kind, name, {each: float(np.mean([score[each] for score in scores])) for each in MEASURES})


def _score_video(video: Video, run: pathlib.Path) -> Iterator[Score]:
    """Yields the Score of each object; the masks of a frame are read once for all of them."""
    measured: dict[int, tuple[list[float], list[float]]] = {key: ([], []) for key in video.objects}
    frames = {key: scored_frames(first, len(video)) for key, (_, first) in video.objects.items()}
    for index in range(len(video)):
        counted = [key for key in video.objects if index in frames[key]]
        truths = {key: _truth(video, key, index) for key in counted}
        shown = [(key, truth, void) for key, (truth, void) in truths.items() if truth is not None]
        labels = read_result_labels(run, video, index) if shown else np.empty(0)
        for key, truth, void in shown:
            measured[key][0].append(region_similarity(labels == key, truth, void))
            measured[key][1].append(boundary_f(labels == key, truth, void))
    for key, (j, f) in measured.items():
        name = video.objects[key][0].name
        if j:
            yield object_score(name, statistics(j), statistics(f))
        else:
            warnings.warn(f"{name} is left out: it has no mask to compare to but its first", stacklevel=2)


def _truth(video: Video, key: int, index: int) -> tuple[np.ndarray | None, np.ndarray | None]:
    """True mask and void pixels of an object in a frame of a video, None where there are none."""
    sequence, first = video.objects[key]
    return sequence.mask(index - first), sequence.void_pixels(index - first)
