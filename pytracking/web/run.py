"""A run that follows objects: its progress, its speed, and how it ended."""

import enum
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

from libs.utils.errors import DMBError
from pytracking.evaluation.loop import Step
from pytracking.web.messages import FAULT, log_fault, public_message

RECENT = 20
"""Frames over which the speed is measured."""


class Direction(str, enum.Enum):
    """The direction in which objects are followed."""

    FORWARDS = "forwards"
    BACKWARDS = "backwards"
    BOTH = "both"


class Phase(str, enum.Enum):
    """The phase of a run."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


def frame_orders(start: int, length: int, direction: Direction) -> list[range]:
    """The frames to follow objects through from `start` in a video of `length` frames: one order for each direction."""
    forwards, backwards = range(start + 1, length), range(start - 1, -1, -1)
    chosen = {
        Direction.FORWARDS: [forwards],
        Direction.BACKWARDS: [backwards],
        Direction.BOTH: [forwards, backwards],
    }
    return [order for order in chosen[direction] if order]


class Run:
    """`LongWork` (see `turns`) that follows objects through frames.

    Args:
        steps: the work, frame by frame.
        total: number of frames.
        take: called with each step.
        tell: called after each turn.

    Attributes:
        phase: its current phase.
        message: why it failed.
    """

    def __init__(
        self, steps: Iterator[Step], total: int, take: Callable[[Step], None], tell: Callable[[], None]
    ) -> None:
        self.phase, self.message = Phase.WAITING, ""
        self._steps, self._total = steps, total
        self._take, self._tell = take, tell
        self._times: list[float] = []
        self._done, self._index, self._stop = 0, -1, False

    def stop(self) -> None:
        """End it after the current frame; finished frames are kept."""
        self._stop = True
        if self.phase is Phase.WAITING:
            self.phase = Phase.STOPPED

    @property
    def is_open(self) -> bool:
        """Whether it continues."""
        return self.phase in (Phase.WAITING, Phase.RUNNING)

    def advance(self) -> bool:
        """Follow the objects into one more frame. Returns whether there is another."""
        more = self._advance()
        self._tell()
        return more

    def _advance(self) -> bool:
        if self._stop:
            return self._end(Phase.STOPPED)
        if self.phase is Phase.WAITING:
            self.phase, self._times = Phase.RUNNING, [time.monotonic()]
        try:
            step = next(self._steps, None)
            if step is not None:
                self._take(step)
        except DMBError as error:
            return self._end(Phase.FAILED, public_message(error))
        except Exception as error:
            log_fault(error)
            return self._end(Phase.FAILED, FAULT)
        if step is None:
            return self._end(Phase.DONE)
        self._done, self._index = self._done + 1, step.index
        self._times = [*self._times[-RECENT:], time.monotonic()]
        return self._done < self._total or self._end(Phase.DONE)

    def describe(self, place: int) -> dict[str, Any]:
        """What the page shows; `place` is its place in the queue, 0 if it does not wait."""
        rate = self._rate()
        left = (self._total - self._done) / rate if rate and self.is_open else None
        return {
            "phase": self.phase.value,
            "done": self._done,
            "total": self._total,
            "index": self._index,
            "rate": round(rate, 2),
            "left": None if left is None else round(left, 1),
            "place": place,
            "message": self.message,
        }

    def _rate(self) -> float:
        """Frames a second over the latest frames."""
        spans = [later - earlier for earlier, later in itertools.pairwise(self._times)]
        return len(spans) / sum(spans) if spans and sum(spans) > 0 else 0.0

    def _end(self, phase: Phase, message: str = "") -> bool:
        self.phase, self.message = phase, message
        # What it holds of the frames and trackers goes with it.
        self._steps = iter(())
        return False
