"""Ctrl-C and SIGTERM as a request that training can answer when its state is whole."""

import contextlib
import logging
import signal
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any, TypeVar

LOG = logging.getLogger(__name__)
PATIENCE = 20.0
"""Seconds for which a process that was asked to stop waits for a batch to come."""
T = TypeVar("T")


class TrainingInterrupted(Exception):
    """Training was asked to stop, and has saved its state or cannot get as far as that.

    Args:
        signal_number: what asked.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signal_number).name}")
        self.signal_number = signal_number


class StopRequest:
    """Context in which SIGINT and SIGTERM only set `signal_number`; the second one ends the process as usual.

    So does the first where it finds the process waiting for data that do not come, see `awaited`.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.signal_number = 0
        self._waits = False
        self._before: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}

    def __enter__(self) -> "StopRequest":
        self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._give_up)
        for number in self.SIGNALS:
            self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        self._restore(*self._before)

    def awaited(self, batches: Iterable[T]) -> Iterator[T]:
        """The same batches, none of which is waited for longer than `PATIENCE` once stopping was asked for.

        Raises:
            TrainingInterrupted: none came; there is no whole state to save then.
        """
        iterator = iter(batches)
        with contextlib.suppress(StopIteration):
            while True:
                yield self._next(iterator)

    def _next(self, iterator: Iterator[T]) -> T:
        self._waits = True
        if self.signal_number:
            signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        try:
            return next(iterator)
        finally:
            self._waits = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        self.signal_number = number
        self._restore(*self.SIGNALS)
        if self._waits:
            signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    def _give_up(self, _number: int, _frame: FrameType | None) -> None:
        LOG.warning("no clip came for %.0f seconds: stopped without saving, at the last checkpoint", PATIENCE)
        raise TrainingInterrupted(self.signal_number)

    def _restore(self, *numbers: int) -> None:
        for number in numbers:
            signal.signal(number, self._before[number])
