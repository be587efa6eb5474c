"""Draws the tracker's region and the true one into frames, for reports and videos."""

import numpy as np

from libs.dataset.sequence import Sequence
from libs.utils.drawing import RESULT_COLOUR, TRUTH_COLOUR
from pytracking.analysis.scores import Evaluation, Picture
from pytracking.evaluation.overlay import Overlay, draw_overlays
from votTester.results import read_masks
from votTester.trajectory import FAILED, SKIPPED, Trajectory, is_code

WORST_FRAMES = 6
MOMENTS, REACH = 3, 8
"""Number of moving pictures, and of frames that they show before and after the worst one."""
Worst = tuple[float, str, int]
"""Overlap, name of the sequence, index of the frame."""


def overlays_of(
    sequence: Sequence, trajectory: Trajectory, index: int, mask: np.ndarray | None = None
) -> list[Overlay]:
    """Drawn over a frame: the true region, and the tracker's with the mask (H, W) that it reported, if any.

    A frame in which the tracker missed shows its last region; a start or a skipped frame shows only the true one.
    """
    truth = Overlay(TRUTH_COLOUR, sequence.polygons[index])
    return [truth, Overlay(RESULT_COLOUR, _last_region(trajectory, index), mask)]


def picture_frame(sequence: Sequence, trajectory: Trajectory, index: int, mask: np.ndarray | None = None) -> np.ndarray:
    """Frame `index` of a sequence, RGB uint8, with both regions and the mask."""
    return draw_overlays(sequence.frame(index), overlays_of(sequence, trajectory, index, mask))


def worst_pictures(evaluation: Evaluation, sequences: list[Sequence]) -> list[Picture]:
    """The worst frame of each of a tracker's worst sequences."""
    return [_picture(evaluation, sequences, worst, reach=0) for worst in worst_frames(evaluation)]


def worst_moments(evaluation: Evaluation, sequences: list[Sequence]) -> list[Picture]:
    """The three worst frames with the frames before and after them, as moving pictures."""
    return [_picture(evaluation, sequences, worst, REACH) for worst in worst_frames(evaluation)[:MOMENTS]]


def _picture(evaluation: Evaluation, sequences: list[Sequence], worst: Worst, reach: int) -> Picture:
    """The frames up to `reach` before and after a bad one."""
    overlap, name, index = worst
    sequence = next(sequence for sequence in sequences if sequence.name == name)
    trajectory, file = evaluation.details.trajectories[name], evaluation.details.files[name]
    shown = range(max(0, index - reach), min(len(sequence), index + reach + 1))
    what = "failure" if is_code(trajectory.regions[index], FAILED) else f"overlap {overlap:.2f}"
    place = f"frames {shown[0] + 1} to {shown[-1] + 1}, of which {index + 1}" if reach else f"frame {index + 1}"
    masks = read_masks(file, shown, sequence.image_size[::-1])
    frames = [picture_frame(sequence, trajectory, *each) for each in zip(shown, masks, strict=True)]
    return Picture(frames, f"{name}, {place}: {what}")


def worst_frames(evaluation: Evaluation) -> list[Worst]:
    """At most six (overlap, sequence name, frame index), one per sequence, the lowest overlap first; failures are 0."""
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
    """The region reported in this frame or, at a failure, in the one before; None if there is none."""
    region = trajectory.regions[index]
    if not isinstance(region, int):
        return region
    before = trajectory.regions[index - 1] if index and region != SKIPPED else region
    return None if isinstance(before, int) else before
