"""Train on own videos with masks, and follow an object in a new one with what was trained.

python examples/finetune.py my_clips/ new.mp4 90,40,60,80 [--epochs 5 ...]      # my_clips/: see docs/finetune.md
"""

import pathlib
import sys

from libs.media.source import readable_frames
from libs.media.sources import open_source
from ltr.run_training import main as train
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session

BEST = pathlib.Path("checkpoints/ltr/DMB/finetune/AMB_best.pth.tar")


def main(clips: str, new: str, box: str, *options: str) -> None:
    """Print the score in each frame of the new video."""
    status = train(["DMB", "finetune", "--data", clips, *options])
    if status:
        sys.exit(status)
    # There is none where no epoch was better than the network that training began from.
    weights = {"pth_path": str(BEST.resolve())} if BEST.exists() else {}
    session = Session(Tracker("DMB").create_tracker(**weights))
    with open_source(new) as video:
        for frame in readable_frames(video):
            if frame.index == 0:
                session.add(frame.image, box=[float(number) for number in box.split(",")])
            else:
                session.step(frame.image)
            print(f"frame {frame.index}: {session.results[1].score:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
