"""Makes the README's strip of tracked frames, docs/strip.jpg, from videos in YouTube-VOS or DAVIS layout.

    python docs/pictures.py DAVIS/trainval hike car-turn flamingo

The first object of every video is followed from the box of its first mask.
"""

import argparse
import dataclasses
import pathlib

import cv2
import numpy as np

from libs.dataset.object_sequences import Video, find_videos, object_sequences
from libs.dataset.readers.video_segmentation import load_youtube_vos
from libs.media.images import write_image
from pytracking.evaluation.loop import follow
from pytracking.evaluation.one_pass import video_frames
from pytracking.evaluation.output import draw_results
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session
from pytracking.tracker.base.basetracker import BaseTracker

SHOWN = 6
"""Frames of a video in its row, evenly spaced from the first to the last."""
SIZE = (240, 135)
"""Width and height of one frame in the strip, in pixels."""


def strip(tracker: BaseTracker, video: Video) -> np.ndarray:
    """One row, RGB uint8: frames of a video with the mask and the region that were found."""
    shown = set(np.linspace(0, len(video) - 1, SHOWN).round().astype(int).tolist())
    frames = []
    for step in follow(Session(tracker), video_frames(video)):
        if step.index in shown:
            drawn = draw_results(step.image, step.results, str(step.index))
            frames.append(cv2.resize(drawn, SIZE, interpolation=cv2.INTER_AREA))
    return np.hstack(frames)


def main() -> None:
    """Track every video and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="holds JPEGImages/ and Annotations/")
    parser.add_argument("names", nargs="+", help="of the videos, a row each")
    options = parser.parse_args()
    tracker = Tracker("DMB", "DMB_default_params").create_tracker()
    rows = []
    for name in options.names:
        sequence = object_sequences(load_youtube_vos(options.folder, split=[name]))[0]
        # Without masks its boxes start the tracker.
        (video,) = find_videos([dataclasses.replace(sequence, masks=None)])
        rows.append(strip(tracker, video))
    write_image(pathlib.Path(__file__).with_name("strip.jpg"), np.vstack(rows))


if __name__ == "__main__":
    main()
