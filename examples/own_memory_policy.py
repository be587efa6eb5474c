"""A memory policy of one's own: keep only frames that show something new.

python examples/own_memory_policy.py clip.mp4 90,40,60,80
python run_vot_test.py --dataset mini --set memory_policy=examples.own_memory_policy:Novel     # as a command
"""

import sys

from libs.media.source import readable_frames
from libs.media.sources import open_source
from libs.memory.policy import Decision, Offer, PaperPolicy
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session

KNOWN = 0.95
"""A frame that resembles a remembered one by more than this shows nothing new."""


class Novel(PaperPolicy):
    """Keeps what the paper keeps, unless a remembered frame shows as much."""

    kept = 0

    def decide(self, offer: Offer) -> Decision:
        """Keep, remember until the next frame, or forget."""
        decision = super().decide(offer)
        if decision is Decision.KEEP and max(offer.similarity.values()) > KNOWN:
            return Decision.LAST
        Novel.kept += decision is Decision.KEEP
        return decision


def main(clip: str, box: str) -> None:
    """Follow a box, and say how many frames were kept."""
    tracker = Tracker("DMB").create_tracker(memory_policy=f"{__name__}:Novel", memory_interval=1)
    session = Session(tracker)
    with open_source(clip) as video:
        for frame in readable_frames(video):
            if frame.index == 0:
                session.add(frame.image, box=[float(number) for number in box.split(",")])
            else:
                session.step(frame.image)
    print(f"{Novel.kept} of {session.index} frames were kept")


if __name__ == "__main__":
    main(*sys.argv[1:])
