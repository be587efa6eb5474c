"""One-pass evaluation: how far and how much reported boxes agree with the ground truth.

Success, precision: Wu et al., "Online Object Tracking: A Benchmark", CVPR 2013. Normalised precision: Mueller et al.,
"TrackingNet", ECCV 2018, read off at 0.2 as pytracking and LaSOT do. AO, SR: Huang et al., "GOT-10k", PAMI 2019.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from libs.dataset.sequence import Sequence
from libs.utils.boxes import box_centre, box_iou
from libs.utils.errors import DataError
from libs.utils.polygons import polygon_to_box
from pytracking.analysis.rules import LEFT_OUT, PRECISE, RULES, ScoringRules, clip_to_image, repair
from pytracking.analysis.scores import TOTAL, Score

OVERLAPS = np.arange(21) / 20
DISTANCES = np.arange(51)
NORMALISED_DISTANCES = np.arange(51) / 100
# Index of 20 pixels in `DISTANCES` and of 0.2 in `NORMALISED_DISTANCES`.
READ_AT = 20
MEASURES = ("AUC", "P", "Pnorm", "AO", "SR50", "SR75")


@dataclasses.dataclass(frozen=True)
class FrameErrors:
    """A run over a sequence, frame by frame; repeated runs follow each other.

    Attributes:
        overlap: (T,) intersection over union, 0 where there is no box to compare.
        distance: (T,) distance of the centres in pixels, infinite where there is no box to compare; -1, which is below
            every threshold, where the dataset's rules call it precise.
        normalised_distance: (T,) the same, with x and y divided by the true box's width and height.
        counted: (T,) bool, the frames that are evaluated.
        tracked: (T,) bool, the frames in which the box was not given: all but the first.
    """

    overlap: np.ndarray
    distance: np.ndarray
    normalised_distance: np.ndarray
    counted: np.ndarray
    tracked: np.ndarray

    def choose(self, frames: np.ndarray) -> "FrameErrors":
        """The same with only some frames counted: bool (K,) that is repeated for the runs."""
        runs = len(self.counted) // len(frames)
        return dataclasses.replace(self, counted=self.counted & np.tile(frames, runs))


def true_boxes(sequence: Sequence) -> np.ndarray:
    """(T, 4) ground truth boxes, of polygons the bounding boxes; NaN where the target is absent."""
    return np.array([polygon_to_box(polygon) for polygon in sequence.polygons])


def frame_errors(
    boxes: np.ndarray,
    truth: np.ndarray,
    rules: ScoringRules = RULES["plain"],
    first_pixel: int = 0,
    image_size: tuple[int, int] | None = None,
) -> FrameErrors:
    """Compares a run's boxes to the ground truth.

    Args:
        boxes: (T, 4) reported, 0-based, NaN where there is none.
        truth: (T, 4) true, 0-based, NaN where the target is absent or not annotated.
        rules: of the dataset.
        first_pixel: what the dataset's files call the corner of the image, 0 or 1.
        image_size: (width, height), which only rules with `clipped` need.

    Raises:
        DataError: the numbers of boxes differ.
    """
    boxes, truth = np.array(boxes, dtype=np.float64), np.array(truth, dtype=np.float64)
    if boxes.shape != truth.shape:
        raise DataError(f"{len(boxes)} boxes cannot be compared to a ground truth of {len(truth)}")
    boxes = repair(boxes, truth) if rules.repaired else boxes
    annotated = np.asarray(np.isfinite(truth).all(axis=1))
    outside = annotated & (truth[:, :2] + first_pixel <= 0).any(axis=1) if rules.outside else ~annotated & annotated
    both = annotated & ~outside & np.isfinite(boxes).all(axis=1)
    overlap = np.zeros(len(truth))
    distance, normalised = np.full(len(truth), np.inf), np.full(len(truth), np.inf)
    seen = boxes[both], truth[both]
    if rules.clipped:
        assert image_size is not None
        seen = clip_to_image(seen[0], image_size), clip_to_image(seen[1], image_size)
    overlap[both] = box_iou(*seen)
    offset = box_centre(boxes[both]) - box_centre(truth[both])
    distance[both] = np.hypot(*offset.T)
    normalised[both] = np.hypot(*(offset / truth[both, 2:]).T)
    for frames, how in ((~annotated, rules.absent), (outside, rules.outside)):
        if how == PRECISE:
            distance[frames] = normalised[frames] = -1
    counted = annotated if rules.absent == LEFT_OUT else np.ones_like(annotated)
    return FrameErrors(overlap, distance, normalised, counted, np.arange(len(truth)) > 0)


def concatenate(runs: list[FrameErrors]) -> FrameErrors:
    """Repeated runs over one sequence, list of FrameErrors, as one."""
    fields = [field.name for field in dataclasses.fields(FrameErrors)]
    return FrameErrors(*(np.concatenate([getattr(run, field) for run in runs]) for field in fields))


def score(errors: list[FrameErrors], kind: str = TOTAL, name: str = TOTAL) -> Score | None:
    """Sums up sequences.

    Args:
        errors: one a sequence; those without a counted frame are passed over.
        kind, name: of the score.

    Returns:
        Score, or None where no frame of any sequence counts. AUC, P and Pnorm are means over sequences; AO, SR50 and
        SR75 (mean overlap, share of overlaps above 0.5 and 0.75) are over the frames of all sequences but their first
        ones, NaN where there are none. Curves, means over sequences: `success` (21,), share of frames whose overlap is
        above each of `OVERLAPS`; `precision` (51,), whose distance is at most each of `DISTANCES`;
        `normalised_precision` (51,) likewise for `NORMALISED_DISTANCES`.
    """
    errors = [each for each in errors if each.counted.any()]
    if not errors:
        return None
    success = [_shares(each.overlap[each.counted], OVERLAPS, np.greater) for each in errors]
    precision = [_shares(each.distance[each.counted], DISTANCES, np.less_equal) for each in errors]
    normalised = [
        _shares(each.normalised_distance[each.counted], NORMALISED_DISTANCES, np.less_equal) for each in errors
    ]
    curves = {
        "success": np.mean(success, axis=0),
        "precision": np.mean(precision, axis=0),
        "normalised_precision": np.mean(normalised, axis=0),
    }
    overlaps = np.concatenate([each.overlap[each.counted & each.tracked] for each in errors])
    pooled = [overlaps, overlaps > 0.5, overlaps > 0.75]
    read = curves["success"].mean(), curves["precision"][READ_AT], curves["normalised_precision"][READ_AT]
    numbers = [*map(float, read), *(float(values.mean()) if values.size else np.nan for values in pooled)]
    return Score(kind, name, {"sequences": len(errors), **dict(zip(MEASURES, numbers, strict=True))}, curves)


def _shares(values: np.ndarray, thresholds: np.ndarray, compare: Callable[..., np.ndarray]) -> np.ndarray:
    """(len(thresholds),) share of the values for which `compare(value, threshold)` holds."""
    return compare(values[:, None], thresholds).mean(axis=0)
