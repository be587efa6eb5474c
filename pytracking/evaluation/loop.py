"""The one loop over frames, source -> targets -> sinks, that every command and protocol stands on."""

import dataclasses
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from pytracking.prompts import ObjectStarts, shown_by
from pytracking.session import Session
from pytracking.tracker.base.result import Results


@dataclasses.dataclass(frozen=True)
class FrameInput:
    """What the loop is given of a frame.

    Attributes:
        index: number of the frame, from 0.
        image: RGB uint8 (H, W, 3).
        starts: number of each object that begins here -> dict as for `BaseTracker.initialize`; an object that is
            followed already is started anew.
        corrections: number of each object that is followed and shown here -> arguments of `Session.correct`.
        removals: numbers of objects that are no longer followed after this frame, except the only one.
        anew: whether all that was followed before is forgotten.
        hold: whether the frame is lost, so that the results of the one before are repeated.
    """

    index: int
    image: np.ndarray
    starts: ObjectStarts = dataclasses.field(default_factory=dict)
    corrections: Mapping[int, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    removals: Collection[int] = ()
    anew: bool = False
    hold: bool = False


@dataclasses.dataclass(frozen=True)
class Step:
    """What is known of a frame after it, for the sinks.

    Attributes:
        index, image: of the frame.
        results: number of each object that is followed -> Result, by ascending number.
        seconds: that the tracker took, starts and corrections included.
    """

    index: int
    image: np.ndarray
    results: Results
    seconds: float


def prompted_frame(
    index: int,
    image: np.ndarray,
    shown: ObjectStarts,
    followed: Collection[int],
    removals: Collection[int] = (),
    hold: bool = False,
) -> FrameInput:
    """The input of a frame that shows objects: those that are followed are corrected, the others begin.

    Args:
        index, image, removals, hold: see `FrameInput`; a frame that is held shows nothing.
        shown: number of each object that the frame shows -> Prompt.
        followed: numbers of the objects that are followed, such as `Session.results` of the frame before.
    """
    shown = {} if hold else shown
    starts = {number: info for number, info in shown.items() if number not in followed}
    corrections = {number: shown_by(info) for number, info in shown.items() if number in followed}
    return FrameInput(index, image, starts, corrections, removals, hold=hold)


def follow(session: Session, frames: Iterable[FrameInput]) -> Iterator[Step]:
    """Bring a session through the frames of a source; each frame is asked for when the one before is done with.

    Args:
        session: follows the objects.
        frames: the source; it may look at what became of the frame before.

    Yields:
        Step of every frame.

    Raises:
        DataError: a frame or start cannot be used. What the source and the tracker raise escapes.
    """
    for frame in frames:
        begin = time.perf_counter()
        if not frame.hold:
            if frame.anew:
                session.clear()
            session.step(frame.image, frame.starts)
            for number, correction in frame.corrections.items():
                session.correct(number, **correction)
            for number in frame.removals:
                if number in session.results and len(session.results) > 1:
                    session.remove(number)
        yield Step(frame.index, frame.image, session.results, time.perf_counter() - begin)
