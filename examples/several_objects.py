"""Follow several objects together, and write a video with their masks.

python examples/several_objects.py clip.mp4 out.mp4 90,40,60,80 200,50,40,40
"""

import sys

from libs.media.source import readable_frames
from libs.media.sources import open_source
from pytracking.evaluation.output import OverlayVideo
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session


def main(clip: str, target: str, *boxes: str) -> None:
    """Every object has a tracker of its own on one network; no pixel belongs to two of their masks."""
    session = Session(Tracker("DMB").create_tracker())
    with open_source(clip) as video, OverlayVideo(target, video.frames_per_second) as out:
        for frame in readable_frames(video):
            if frame.index == 0:
                for box in boxes:
                    session.add(frame.image, box=[float(number) for number in box.split(",")])
            else:
                session.step(frame.image)
            out.add(frame.index, frame.image, session.results)
    for number, result in session.results.items():
        print(f"object {number}: {result.state.value} in the last frame, at {result.box.round().tolist()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
