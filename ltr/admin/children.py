"""Processes that load data end with the training, however it ends."""

import contextlib
import multiprocessing
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def ending_children() -> Iterator[None]:
    """Context at whose end the processes that were started in it are killed.

    They are deaf to SIGTERM, by which Python would end them, and be waited for without end where one is stuck.
    """
    before = set(multiprocessing.active_children())
    try:
        yield
    finally:
        left = set(multiprocessing.active_children()) - before
        # Torch's own handler would raise an error for each of them.
        handler = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for child in left:
            child.kill()
            child.join()
        signal.signal(signal.SIGCHLD, handler)
