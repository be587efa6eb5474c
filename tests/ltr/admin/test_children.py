"""Processes started in a training end with it."""

import contextlib
import multiprocessing
import signal
import time

from ltr.admin.children import ending_children


def never_end(ready):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ready.set()
    time.sleep(60)


def test_a_child_that_is_deaf_to_sigterm_ends_with_an_error_of_its_parent():
    context = multiprocessing.get_context("fork")
    ready, handler = context.Event(), signal.getsignal(signal.SIGCHLD)
    child = context.Process(target=never_end, args=(ready,), daemon=True)
    with contextlib.suppress(ZeroDivisionError), ending_children():
        child.start()
        assert ready.wait(30)
        raise ZeroDivisionError
    assert child.exitcode == -signal.SIGKILL
    assert signal.getsignal(signal.SIGCHLD) == handler
