"""Correct an object in the middle of a video: what was learned before is kept, what the correction shows is learned.

python examples/correct.py clip.mp4 90,40,60,80 42:120,60,55,80        # in frame 42 it is really there
"""

import sys

from libs.media.source import readable_frames
from libs.media.sources import open_source
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session


def main(clip: str, first: str, *corrections: str) -> None:
    """Print the score of each frame; a correction begins with the number of its frame."""
    boxes = {int(index): _box(box) for index, box in (text.split(":") for text in corrections)}
    session = Session(Tracker("DMB").create_tracker())
    with open_source(clip) as video:
        for frame in readable_frames(video):
            if frame.index == 0:
                number = session.add(frame.image, box=_box(first))
            else:
                session.step(frame.image)
            if frame.index in boxes:
                session.correct(number, box=boxes[frame.index])  # or mask=..., polygon=...
            print(f"frame {frame.index}: {session.results[number].score:.2f}")
    session.save("corrected.session")  # Session.load continues from it


def _box(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


if __name__ == "__main__":
    main(*sys.argv[1:])
