"""Frames with the tracker's region and the true one drawn in, for reports and videos."""

import numpy as np

from libs.dataset.sequence import Sequence
from libs.utils.drawing import RESULT_COLOUR, TRUTH_COLOUR
from pytracking.analysis.scores import Evaluation
from pytracking.evaluation.overlay import Overlay, draw_overlays
from votTester.trajectory import FAILED, SKIPPED, Trajectory, is_code

WORST_FRAMES = 6


def overlays_of(sequence: Sequence, trajectory: Trajectory, index: int) -> list[Overlay]:
    """What is drawn over a frame: the true region and the tracker's.

    A frame in which the tracker missed shows its last region; a start or a skipped frame shows the true one only.
    """
    truth = Overlay(TRUTH_COLOUR, sequence.polygons[index])
    return [truth, Overlay(RESULT_COLOUR, _last_region(trajectory, index))]


def picture_frame(sequence: Sequence, trajectory: Trajectory, index: int) -> np.ndarray:
    """Frame `index` of a sequence, RGB uint8, with both regions."""
    return draw_overlays(sequence.frame(index), overlays_of(sequence, trajectory, index))


def worst_pictures(evaluation: Evaluation, sequences: list[Sequence]) -> list[tuple[np.ndarray, str]]:
    """(picture, caption) of the worst frame of the worst sequences of a tracker."""
    by_name = {sequence.name: sequence for sequence in sequences}
    pictures = []
    for overlap, name, index in worst_frames(evaluation):
        trajectory = evaluation.details.trajectories[name]
        what = "failure" if is_code(trajectory.regions[index], FAILED) else f"overlap {overlap:.2f}"
        pictures.append((picture_frame(by_name[name], trajectory, index), f"{name}, frame {index + 1}: {what}"))
    return pictures


def worst_frames(evaluation: Evaluation) -> list[tuple[float, str, int]]:
    """At most six (overlap, sequence name, frame index), one a sequence, the lowest overlap first; failures are 0."""
    worst = []
    for name, trajectory in evaluation.details.trajectories.items():
        overlaps = evaluation.details.overlaps[name]
        frames = [
            (float(overlaps[index]), name, index)
            for index, region in enumerate(trajectory.regions)
            if not isinstance(region, int) or region == FAILED
        ]
        worst += [min(frames)] if frames else []
    return sorted(worst)[:WORST_FRAMES]


def _last_region(trajectory: Trajectory, index: int) -> np.ndarray | None:
    """The region reported in this frame or, at a failure, in the one before; None where there is none."""
    region = trajectory.regions[index]
    if not isinstance(region, int):
        return region
    before = trajectory.regions[index - 1] if index and region != SKIPPED else region
    return None if isinstance(before, int) else before
