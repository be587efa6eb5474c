"""Follow the objects of a first mask, and write them as COCO (run-length masks, a track for each object).

python examples/coco_out.py clip.mp4 first_mask.png tracks.json
"""

import sys

from libs.media.annotations.conversion import convert, describe_source
from libs.media.annotations.record import Entry, ObjectRecord, Recording
from libs.media.annotations.registry import find_format
from libs.media.masks import read_mask
from libs.media.source import readable_frames
from libs.media.sources import open_source
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session
from pytracking.tracker.base.result import Results


def main(clip: str, mask: str, target: str) -> None:
    """Write them in the end; their masks are held in memory until then."""
    session, followed = Session(Tracker("DMB").create_tracker()), []
    with open_source(clip) as video:
        known, labels = describe_source(video), read_mask(mask)
        for frame in readable_frames(video):
            if frame.index == 0:
                for number in sorted(set(labels.flat) - {0}):
                    session.add(frame.image, mask=labels == number, number=int(number))
            else:
                session.step(frame.image)
            followed.append(session.results)
    entries = [Entry(index, "", lambda results=results: _records(results)) for index, results in enumerate(followed)]
    written = convert(Recording(clip, entries, known), find_format("coco"), target)
    print(f"{target}: {written.records} masks of {written.objects} objects in {written.frames} frames")


def _records(results: Results) -> list[ObjectRecord]:
    return [ObjectRecord(number, mask=each.mask, score=each.score) for number, each in results.items()]


if __name__ == "__main__":
    main(*sys.argv[1:])
