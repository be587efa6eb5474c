"""A tracker in this process, in the form that the toolkit's experiments need."""

from collections.abc import Callable
from typing import Any

from vot import tracker as toolkit_tracker
from vot.experiment.helpers import MultiObjectHelper
from vot.region import Region
from vot.tracker import ObjectStatus

from pytracking.evaluation.answers import BOX, Kind, answer_of
from pytracking.evaluation.loop import FrameInput, Step, follow
from pytracking.prompts import ObjectStarts
from pytracking.session import Session
from pytracking.tracker.base.basetracker import BaseTracker
from votTester.toolkit.regions import KINDS, answer_region, start_info

Clock = Callable[[Step], float]
"""Returns the seconds that a frame takes."""


def real_clock(step: Step) -> float:
    """The time that the tracker itself took."""
    return step.seconds


class InProcessTracker(toolkit_tracker.Tracker):
    """A tracker that runs in this process.

    Args:
        base_tracker: the tracker that follows the objects, together if there are several; None if it is only scored.
        on_frame: called with the index of each finished frame.
        clock: how long a frame takes, for real-time experiments and the record.
    """

    def __init__(
        self,
        base_tracker: BaseTracker | None = None,
        on_frame: Callable[[int], object] = lambda index: None,
        clock: Clock = real_clock,
    ) -> None:
        super().__init__("tracker", "", command=None)
        self.base_tracker, self.on_frame, self.clock = base_tracker, on_frame, clock

    def runtime(self, log: bool = False) -> "InProcessRuntime":
        """A new runtime, which follows nothing yet."""
        return InProcessRuntime(self)


class InProcessRuntime(toolkit_tracker.TrackerRuntime):
    """Gives a tracker the frames that an experiment asks for, and returns its regions."""

    def __init__(self, owner: InProcessTracker) -> None:
        super().__init__(owner)
        assert owner.base_tracker is not None, "a tracker that is only scored is not run"
        self._owner = owner
        self._kinds: dict[int, Kind] = {}
        self._objects: MultiObjectHelper | None = None
        self._next: FrameInput | None = None
        # The experiment decides which frame is next, so the source waits for it.
        self._steps = follow(Session(owner.base_tracker), iter(lambda: self._next, None))

    @property
    def multiobject(self) -> bool:
        """Objects are followed together."""
        return True

    def initialize(self, frame: Any, new: Any = None, properties: Any = None) -> tuple[Any, float]:
        """Start in a frame with the region `new`, or with the objects that its sequence has there."""
        self._kinds, self._objects = {}, None
        if isinstance(new, Region):
            step = self._show(frame, self._start(frame, {1: new}), anew=True)
            return ObjectStatus(new, {}), self._owner.clock(step)
        self._objects = MultiObjectHelper(frame.sequence)
        step = self._show(frame, self._starts_in(frame), anew=True)
        return self._statuses(step, len(self._kinds)), self._owner.clock(step)

    def update(self, frame: Any, new: Any = None, properties: Any = None) -> tuple[Any, float]:
        """Track the next frame.

        Objects that begin here come from the sequence, because the toolkit gives the objects that it names the regions
        that they have in the first frame.
        """
        step = self._show(frame, self._starts_in(frame))
        expected = len(self._objects.objects(frame.index)) if self._objects else 1
        return self._statuses(step, expected), self._owner.clock(step)

    def _starts_in(self, frame: Any) -> ObjectStarts:
        """The objects that have begun and are not followed yet; they are numbered in the order in which they begin."""
        begun = enumerate(self._objects.objects(frame.index) if self._objects else [], start=1)
        regions = {number: frame.object(name) for number, name in begun if number not in self._kinds}
        return self._start(frame, {number: each for number, each in regions.items() if not each.is_empty()})

    def _start(self, frame: Any, regions: dict[int, Any]) -> ObjectStarts:
        self._kinds |= {number: KINDS[each.type] for number, each in regions.items()}
        shape = frame.sequence.size[::-1]
        return {number: {**start_info(each, shape), "name": frame.sequence.name} for number, each in regions.items()}

    def _statuses(self, step: Step, expected: int) -> list[ObjectStatus]:
        return [self._status(step, number) for number in range(1, expected + 1)]

    def _status(self, step: Step, number: int) -> ObjectStatus:
        """The region of an object, of the kind that it was started with, and the tracker's confidence."""
        if number not in step.results:
            return ObjectStatus(answer_region(None, BOX), {})
        result, kind = step.results[number], self._kinds[number]
        properties = {} if result.score is None else {"confidence": result.score}
        return ObjectStatus(answer_region(answer_of(result, kind, step.image.shape), kind), properties)

    def _show(self, frame: Any, starts: ObjectStarts | None = None, anew: bool = False) -> Step:
        return self._go_to(FrameInput(frame.index, frame.image(), starts or {}, anew=anew))

    def _go_to(self, frame: FrameInput) -> Step:
        self._next = frame
        step = next(self._steps)
        self._owner.on_frame(frame.index)
        return step

    def stop(self) -> None:
        """Do nothing: there is nothing to stop."""

    def restart(self) -> None:
        """Do nothing: there is nothing to restart."""
