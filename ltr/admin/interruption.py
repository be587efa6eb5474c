"""Ctrl-C and SIGTERM as a request that training answers once its state is complete."""

import contextlib
import logging
import signal
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any, TypeVar

LOG = logging.getLogger(__name__)
PATIENCE = 20.0
"""Seconds that a process waits for a batch after being asked to stop."""
ALARM: int | None = getattr(signal, "SIGALRM", None)
"""The signal that ends such a wait; Windows has none."""
T = TypeVar("T")


class TrainingInterrupted(Exception):
    """Training was asked to stop, and has saved its state or cannot reach a point where it could.

    Args:
        signal_number: the signal that asked.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signal_number).name}")
        self.signal_number = signal_number


class StopRequest:
    """Context in which SIGINT and SIGTERM only set `signal_number`; the second one ends the process as usual.

    The first one ends it, too, if the process is waiting for data that do not come, see `awaited`; without SIGALRM, a
    message says that this needs a second signal.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.signal_number = 0
        self._waits = False
        self._before: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}

    def __enter__(self) -> "StopRequest":
        if ALARM is not None:
            self._before[ALARM] = signal.signal(ALARM, self._give_up)
        for number in self.SIGNALS:
            self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        self._restore(*self._before)

    def awaited(self, batches: Iterable[T]) -> Iterator[T]:
        """The same batches; after a request to stop, waits at most `PATIENCE` for each.

        Raises:
            TrainingInterrupted: no batch came, so there is no complete state to save.
        """
        iterator = iter(batches)
        with contextlib.suppress(StopIteration):
            while True:
                yield self._next(iterator)

    def _next(self, iterator: Iterator[T]) -> T:
        self._waits = True
        if self.signal_number:
            _set_alarm(PATIENCE)
        try:
            return next(iterator)
        finally:
            self._waits = False
            _set_alarm(0)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        self.signal_number = number
        self._restore(*self.SIGNALS)
        if not self._waits:
            return
        _set_alarm(PATIENCE)
        if ALARM is None:
            LOG.warning("waiting for the next clips to stop with all saved; press Ctrl-C again to stop without saving")

    def _give_up(self, _number: int, _frame: FrameType | None) -> None:
        LOG.warning("no clip came for %.0f seconds: stopped without saving, at the last checkpoint", PATIENCE)
        raise TrainingInterrupted(self.signal_number)

    def _restore(self, *numbers: int) -> None:
        for number in numbers:
            signal.signal(number, self._before[number])


def _set_alarm(seconds: float) -> None:
    """Have `ALARM` sent after this many seconds, if the system has it; 0: never."""
    if ALARM is not None:
        signal.setitimer(signal.ITIMER_REAL, seconds)
