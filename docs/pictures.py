"""Makes the README's strip of tracked frames, docs/strip.jpg, on rendered sequences: `python docs/pictures.py`."""

import argparse
import dataclasses
import pathlib

import cv2
import numpy as np

from libs.dataset.object_sequences import find_videos
from libs.dataset.rendered.sequences import render_sequence
from libs.dataset.sequence import Sequence
from libs.media.images import write_image
from pytracking.evaluation.loop import follow
from pytracking.evaluation.objects import ObjectTrackers
from pytracking.evaluation.one_pass import video_frames
from pytracking.evaluation.output import draw_results
from pytracking.evaluation.tracker import Tracker
from pytracking.tracker.base.basetracker import BaseTracker

SEQUENCES = ("rotation", "occlusion", "similar_distractor")
SHOWN = (0, 23, 47, 71, 95, 119)
WIDTH = 240
"""Pixels of one frame in the strip."""


def strip(tracker: BaseTracker, sequence: Sequence) -> np.ndarray:
    """One row: the frames `SHOWN` with the mask and the rotated box that were found, from the first frame's polygon."""
    (video,) = find_videos([dataclasses.replace(sequence, masks=None)])
    frames = []
    for step in follow(ObjectTrackers(tracker), video_frames(video)):
        if step.index in SHOWN:
            drawn = draw_results(step.image, step.results, str(step.index))
            size = (WIDTH, WIDTH * drawn.shape[0] // drawn.shape[1])
            frames.append(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA))
    return np.hstack(frames)


def main() -> None:
    """Track every sequence and write the picture."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    tracker = Tracker("DMB", "DMB_default_params").create_tracker()
    rows = [strip(tracker, render_sequence(name)) for name in SEQUENCES]
    write_image(pathlib.Path(__file__).with_name("strip.jpg"), np.vstack(rows))


if __name__ == "__main__":
    main()
