"""One thread that tracks for everybody, one frame of each in turn, so that one network serves all."""

import collections
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

Answer = TypeVar("Answer")


class LongWork(Protocol):
    """Work that takes many turns."""

    def advance(self) -> bool:
        """Do one turn's work, and raise nothing. Returns whether there is more."""
        ...


class Turns:
    """Does work in the order of arrival; long work goes to the end of the line after each turn.

    Args:
        most: how many pieces of long work take turns at a time; more wait.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._line: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._waiting: collections.deque[LongWork] = collections.deque()
        self._running = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="tracking", daemon=True)
        self._thread.start()

    def do(self, work: Callable[[], Answer]) -> "Future[Answer]":
        """Queue work of one turn. Returns the future of its result."""
        future: Future[Any] = Future()

        def turn() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(work())
            # It is raised when the result is requested.
            except BaseException as error:
                future.set_exception(error)

        self._line.put(turn)
        return future

    def begin(self, work: LongWork) -> None:
        """Queue work of many turns."""
        with self._lock:
            if self._running >= self._most:
                self._waiting.append(work)
                return
            self._running += 1
        self._line.put(lambda: self._advance(work))

    def place(self, work: LongWork) -> int:
        """How many must end before this work begins; 0 if it takes turns or is done."""
        with self._lock:
            return self._waiting.index(work) + 1 if work in self._waiting else 0

    @property
    def running(self) -> int:
        """How many take turns."""
        return self._running

    def close(self) -> None:
        """End the thread after the queued work."""
        self._line.put(None)
        self._thread.join(timeout=10)

    def _work(self) -> None:
        while (turn := self._line.get()) is not None:
            turn()
            # Whatever it holds of a session that has ended is not to stay until the next one comes.
            del turn

    def _advance(self, work: LongWork) -> None:
        try:
            more = work.advance()
        except Exception:
            logging.exception("a run ended by a fault")
            more = False
        if more:
            self._line.put(lambda: self._advance(work))
            return
        with self._lock:
            following = self._waiting.popleft() if self._waiting else None
            self._running -= following is None
        if following is not None:
            self._line.put(lambda: self._advance(following))
