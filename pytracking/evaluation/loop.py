"""The one loop over frames, source -> targets -> sinks, that every command and protocol stands on."""

import dataclasses
import time
from collections.abc import Iterable, Iterator

import numpy as np

from pytracking.evaluation.objects import ObjectResults, ObjectStarts, ObjectTrackers


@dataclasses.dataclass(frozen=True)
class FrameInput:
    """What the loop is given of a frame.

    Attributes:
        index: number of the frame, from 0.
        image: RGB uint8 (H, W, 3).
        starts: number of each object that begins here -> dict as for `BaseTracker.initialize`; an object that is
            followed already is started anew.
        anew: whether all that was followed before is forgotten.
        hold: whether the frame is lost, so that the results of the one before are repeated.
    """

    index: int
    image: np.ndarray
    starts: ObjectStarts = dataclasses.field(default_factory=dict)
    anew: bool = False
    hold: bool = False


@dataclasses.dataclass(frozen=True)
class Step:
    """What is known of a frame after it, for the sinks.

    Attributes:
        index, image: of the frame.
        results: number of each object that is followed -> ObjectResult, by ascending number.
        seconds: that the tracker took, starts included.
    """

    index: int
    image: np.ndarray
    results: ObjectResults
    seconds: float


def follow(targets: ObjectTrackers, frames: Iterable[FrameInput]) -> Iterator[Step]:
    """Bring targets through the frames of a source; each frame is asked for when the one before is done with.

    Args:
        targets: what is followed.
        frames: the source; it may look at what became of the frame before.

    Yields:
        Step of every frame.

    Raises:
        DataError: a frame or start cannot be used. What the source and the tracker raise escapes.
    """
    results: ObjectResults = {}
    for frame in frames:
        begin = time.perf_counter()
        if not frame.hold:
            step = targets.initialize if frame.anew else targets.track
            results = step(frame.image, frame.starts)
        yield Step(frame.index, frame.image, results, time.perf_counter() - begin)
