"""What a user sees while jobs run: a bar over frames with frames per second, and each failure as it happens."""

from collections.abc import Callable
from typing import Any

from tqdm import tqdm


class Progress:
    """Listens to jobs (see `pytracking.evaluation.workers`), draws the bar, and collects the jobs that failed.

    Args:
        title: shown before the bar.
        total: frames of all jobs.
        finished: frames of it that were done before.
        on_finished: called with each job that is done.

    Attributes:
        failures: list of (job's name, reason).
    """

    def __init__(
        self, title: str, total: int, finished: int, on_finished: Callable[[Any], object] = lambda job: None
    ) -> None:
        self.failures: list[tuple[str, str]] = []
        self._on_finished = on_finished
        self._done: dict[str, int] = {}
        self._bar = tqdm(total=total, initial=finished, desc=title, unit="frame", dynamic_ncols=True, smoothing=0.05)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def frame(self, job: Any, index: int) -> None:
        """Frame `index` of a job is done, and with it all frames before, skipped ones included."""
        self._advance(job, index + 1)
        self._bar.set_postfix_str(job.name, refresh=False)

    def finished(self, job: Any) -> None:
        """A job is done and its result on disk."""
        self._on_finished(job)
        self._advance(job, len(job))

    def failed(self, job: Any, reason: str, trace: str) -> None:
        """A job ended without a result."""
        self._advance(job, len(job))
        self.failures.append((job.name, reason))
        self._bar.write(f"{trace}{job.name} failed: {reason}")

    def _advance(self, job: Any, frames: int) -> None:
        self._bar.update(frames - self._done.get(job.key, 0))
        self._done[job.key] = frames
