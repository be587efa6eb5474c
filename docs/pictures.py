"""Makes the README's strip of tracked frames, docs/strip.jpg, on rendered sequences: `python docs/pictures.py`."""

import argparse
import pathlib

import cv2
import numpy as np

from libs.dataset.rendered.sequences import render_sequence
from libs.media.images import write_image
from libs.utils.drawing import draw_mask, draw_polygon, draw_text
from pytracking.evaluation.tracker import Tracker

SEQUENCES = ("rotation", "occlusion", "similar_distractor")
SHOWN = (0, 23, 47, 71, 95, 119)
WIDTH = 240
"""Pixels of one frame in the strip."""


def strip(tracker, sequence):
    """One row: the frames `SHOWN` with the mask and the rotated box that were found, from the first frame's polygon."""
    out = tracker.initialize(sequence.frame(0), {"init_bbox": sequence.regions[0]})
    frames = []
    for index in range(len(sequence)):
        image = sequence.frame(index)
        out = tracker.track(image) if index else out
        if index in SHOWN:
            drawn = draw_text(draw_polygon(draw_mask(image, out["segmentation"]), out["polygon"]), str(index))
            size = (WIDTH, WIDTH * image.shape[0] // image.shape[1])
            frames.append(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA))
    return np.hstack(frames)


def main():
    """Track every sequence and write the picture."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    tracker = Tracker("DMB", "DMB_default_params").create_tracker()
    rows = [strip(tracker, render_sequence(name)) for name in SEQUENCES]
    write_image(pathlib.Path(__file__).with_name("strip.jpg"), np.vstack(rows))


if __name__ == "__main__":
    main()
