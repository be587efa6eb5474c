"""Jobs that workers take one by one from a store that they share; who falls silent loses the job that it holds.

The store is one of torch's own (c10d): a TCPStore between processes and machines, a HashStore within one process.

next            how many jobs were handed out for the first time
holder/<job>    the worker that has it
losses/<job>    how many workers died of it
frame/<job>     the last frame that is done
outcome/<job>   what became of it
beat/<worker>   a number that grows as long as the worker lives
took/<worker>   there as soon as it has taken a job
gone/<worker>   why it ended, said by itself or by whoever saw it
end             an error that ends the run for all
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from torch.distributed import DistError, Store  # pyright: ignore[reportPrivateImportUsage]

from libs.utils.errors import FullDiskError, SettingsError

LEASE = 20.0
"""Seconds of silence after which another worker gets the job; measured by the one that waits, so clocks may differ."""
BEAT = 0.5
POLL = 0.1
MOST_LOSSES = 2
"""A job fails after it has killed this many workers."""
ENDS = {"unusable": SettingsError, "full": FullDiskError}
"""Name of what ends the run for everybody -> the error."""

Outcome = dict[str, Any]
"""What became of a job: `worker`; `failure`, None or (reason, trace); and whatever the worker adds."""


class StoreLostError(SettingsError):
    """The store no longer answers: the process that holds it has ended."""


@contextlib.contextmanager
def reaching() -> Iterator[None]:
    """Context in which a store that does not answer raises StoreLostError."""
    try:
        yield
    except DistError as error:
        raise StoreLostError(
            "the store of the run does not answer any more: the process that holds it (rank 0) has ended; what was "
            "finished is kept, so give the same command again"
        ) from error


class JobQueue:
    """The jobs 0..count-1 of a run, as one process sees them.

    Args:
        store: the one that all processes share.
        count: number of jobs.
    """

    def __init__(self, store: Store, count: int) -> None:
        self.store, self.count = store, count
        self._open = set(range(count))
        self._heard: dict[int, tuple[str, int, float]] = {}

    def value(self, key: str) -> str | None:
        """The text at a key, or None if there is none yet."""
        with reaching():
            return self.store.get(key).decode() if self.store.check([key]) else None

    def handed_out(self) -> int:
        """How many jobs were taken at least once; these are the ones with the lowest numbers."""
        with reaching():
            return min(self.store.add("next", 0), self.count)

    def unfinished(self) -> list[int]:
        """Jobs without an outcome."""
        with reaching():
            self._open = {job for job in self._open if not self.store.check([f"outcome/{job}"])}
        return sorted(self._open)

    def outcome(self, job: int) -> Outcome | None:
        """How a job ended; None while this is unknown."""
        text = self.value(f"outcome/{job}")
        return None if text is None else json.loads(text)

    def silence(self, job: int) -> tuple[str, str | None]:
        """(the worker that holds a job, empty if none does; why it will not finish, None while it may)."""
        holder, now = self.value(f"holder/{job}") or "", time.monotonic()
        gone = self.value(f"gone/{holder}")
        if gone is not None:
            return holder, gone
        with reaching():
            beat = self.store.add(f"beat/{holder}", 0)
        if self._heard.get(job, ("", -1, now))[:2] != (holder, beat):
            self._heard[job] = holder, beat, now
        return holder, f"its worker was silent for {LEASE:g} s" if now - self._heard[job][2] > LEASE else None

    def bury(self, worker: int, reason: str) -> None:
        """Say that a worker has ended, so that nobody waits for it."""
        with reaching():
            self.store.set(f"gone/{worker}", reason)

    def end(self, kind: str, reason: str) -> None:
        """End the run for everybody, with an error from `ENDS`."""
        with reaching():
            self.store.set("end", json.dumps([kind, reason]))

    def raise_end(self) -> None:
        """Raise what ended the run; nothing while it continues."""
        text = self.value("end")
        if text is not None:
            kind, reason = json.loads(text)
            raise ENDS[kind](reason)


class Worker:
    """A worker's place in a queue, as a context; it beats while it is open.

    Args:
        queue: of the run, used only by this worker.
        number: unique number of the worker; see `new_number`.
    """

    def __init__(self, queue: JobQueue, number: int) -> None:
        self.queue, self.number = queue, number
        self._at: tuple[int, int] | None = None
        self._all_handed_out = self._lost = False
        self._left = threading.Event()

    def __enter__(self) -> "Worker":
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._left.set()
        with contextlib.suppress(StoreLostError):
            self.queue.bury(self.number, "its worker was stopped")

    def take(self, idle: Callable[[], object] = lambda: None) -> int | None:
        """The next job, possibly from a worker that died; waits while others hold the rest. None: all are finished.

        Args:
            idle: called repeatedly while there is nothing to do.

        Raises:
            StoreLostError: the store no longer answers. SettingsError, FullDiskError: the run was ended.
        """
        while True:
            self.queue.raise_end()
            job = self._first_time() if not self._all_handed_out else self._take_over()
            if job is not None:
                self.queue.store.set(f"took/{self.number}", "")
                return job
            if self._all_handed_out and not self.queue.unfinished():
                return None
            if self._all_handed_out:
                idle()
                time.sleep(POLL)
            self._all_handed_out = True

    def frame(self, job: int, index: int) -> None:
        """Report that frame `index` of a job is done. Raises StoreLostError if the store no longer answers."""
        self._at = job, index
        if self._lost:
            with reaching():
                self.queue.store.add("next", 0)

    def finish(self, job: int, failure: tuple[str, str] | None, **more: Any) -> None:
        """Report how a job ended; an earlier report wins, and only the job's holder may report a failure."""
        if failure and self.queue.value(f"holder/{job}") != str(self.number):
            return
        text = json.dumps({"worker": self.number, "failure": failure, **more})
        with reaching():
            self.queue.store.compare_set(f"outcome/{job}", "", text)

    def _first_time(self) -> int | None:
        with reaching():
            job = self.queue.store.add("next", 1) - 1
            if job >= self.queue.count:
                return None
            self.queue.store.set(f"holder/{job}", str(self.number))
        return job

    def _take_over(self) -> int | None:
        for job in self.queue.unfinished():
            holder, reason = self.queue.silence(job)
            if reason is None:
                continue
            with reaching():
                if self.queue.store.compare_set(f"holder/{job}", holder, str(self.number)) != str(self.number).encode():
                    continue
                losses = self.queue.store.add(f"losses/{job}", 1)
            if losses < MOST_LOSSES:
                return job
            self.finish(job, (reason, ""))
        return None

    def _beat(self) -> None:
        told = None
        while not self._left.wait(BEAT):
            try:
                self.queue.store.add(f"beat/{self.number}", 1)
                if self._at is not None and self._at != told:
                    told = self._at
                    self.queue.store.set(f"frame/{told[0]}", str(told[1]))
            except DistError:
                self._lost = True
                return


def new_number(store: Store) -> int:
    """A unique number for a worker."""
    with reaching():
        return store.add("workers", 1)
