"""Reported masks of the videos of a dataset: label masks in which every pixel is of one object."""

import pathlib

import numpy as np

from libs.dataset.object_boxes import read_labels
from libs.dataset.object_sequences import Video, find_videos
from libs.dataset.sequence import Sequence
from libs.utils.errors import DataError


def videos_with_masks(sequences: list[Sequence]) -> list[Video]:
    """The videos of sequences with masks, as `find_videos`. Raises DataError when a sequence has none."""
    for sequence in sequences:
        if sequence.masks is None:
            raise DataError(f"sequence {sequence.name} has no masks; give a dataset that has them, such as davis2017")
    return find_videos(sequences)


def mask_file(run: pathlib.Path, video: Video, index: int) -> pathlib.Path:
    """Path of what a run reported in frame `index` of a video: `<run>/<video>/<frame>.png`, as the servers want it."""
    return run / video.name / f"{video.names[index]}.png"


def has_masks(run: pathlib.Path, video: Video) -> bool:
    """Whether a run reported any mask of a video."""
    return any((run / video.name).glob("*.png"))


def read_result_labels(run: pathlib.Path, video: Video, index: int) -> np.ndarray:
    """What a run reported in frame `index` of a video, uint8 (H, W): 0 background, k object k.

    Raises:
        DataError: the mask is missing or damaged.
    """
    path = mask_file(run, video, index)
    if not path.is_file():
        raise DataError(
            f"{path} is missing: the tracker reported no mask there, or did not finish the video; run it with "
            "pytracking/run_tracker.py"
        )
    return read_labels(path)
