"""Follow an object in a camera or stream, and print where it is.

python examples/stream.py 0 90 40 60 80                        # camera 0, the object's box in its first image
python examples/stream.py rtsp://host/stream 90 40 60 80
"""

import sys

from libs.media.source import readable_frames
from libs.media.sources import open_source
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session


def main(address: str, *box: str) -> None:
    """Print a line for each frame, until the stream ends or Ctrl-C."""
    session = Session(Tracker("DMB").create_tracker())
    # Of a live source, frames that come faster than they are followed are left out.
    with open_source(address) as stream:
        for frame in readable_frames(stream, skip=True):
            if session.index < 0:
                session.add(frame.image, box=[float(number) for number in box])
            else:
                session.step(frame.image)
            result = session.results[1]
            x, y, w, h = result.box
            print(f"{frame.time:8.2f} s  {x:.0f} {y:.0f} {w:.0f} {h:.0f}  {result.state.value} ({result.score:.2f})")


if __name__ == "__main__":
    main(*sys.argv[1:])
