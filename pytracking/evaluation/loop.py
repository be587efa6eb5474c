"""The loop over frames, source -> targets -> sinks, on which every command and protocol builds."""

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
    """The loop's input for a frame.

    Attributes:
        index: number of the frame, from 0.
        image: RGB uint8 (H, W, 3).
        starts: number of each object that starts here -> dict as for `BaseTracker.initialize`; an object that is
            already followed starts again.
        corrections: number of each followed object that is corrected here -> arguments of `Session.correct`.
        removals: numbers of objects to stop following after this frame; the only object is kept.
        anew: whether to forget everything that was followed before.
        hold: whether the frame is lost, so that the results of the previous one are repeated.
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
    """The outcome of a frame, for the sinks.

    Attributes:
        index, image: of the frame.
        results: number of each followed object -> Result, in ascending order.
        seconds: the tracker's time, including starts and corrections.
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
    """The input of a frame with prompts: followed objects are corrected, the others start.

    Args:
        index, image, removals, hold: see `FrameInput`; the prompts of a held frame are ignored.
        shown: number of each object with a prompt in the frame -> Prompt.
        followed: numbers of the followed objects, such as `Session.results` of the previous frame.
    """
    shown = {} if hold else shown
    starts = {number: info for number, info in shown.items() if number not in followed}
    corrections = {number: shown_by(info) for number, info in shown.items() if number in followed}
    return FrameInput(index, image, starts, corrections, removals, hold=hold)


def follow(session: Session, frames: Iterable[FrameInput]) -> Iterator[Step]:
    """Run a session through the frames of a source; each frame is requested when the previous one is done.

    Args:
        session: follows the objects.
        frames: the source; it may look at the outcome of the previous frame.

    Yields:
        Step of every frame.

    Raises:
        DataError: a frame or start cannot be used. Errors of the source and the tracker pass through.
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
