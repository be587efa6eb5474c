"""Makes the processes that load data end with the training, however it ends."""

import contextlib
import multiprocessing
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def ending_children() -> Iterator[None]:
    """Context that kills the processes started in it when it ends.

    They ignore SIGTERM, with which Python would end them, so Python would wait forever for one that is stuck.
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
