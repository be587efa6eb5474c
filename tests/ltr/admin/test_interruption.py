"""Signals as requests to stop."""

import os
import signal
import time

import pytest

from ltr.admin import interruption
from ltr.admin.interruption import StopRequest, TrainingInterrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_a_request_and_the_second_acts_as_before(number):
    received = []
    before = signal.signal(number, lambda *_: received.append(number))
    try:
        with StopRequest() as stop:
            assert stop.signal_number == 0
            os.kill(os.getpid(), number)
            assert (stop.signal_number, received) == (number, [])
            os.kill(os.getpid(), number)
            assert received == [number]
        os.kill(os.getpid(), number)
        assert received == [number, number]
    finally:
        signal.signal(number, before)


def batches_that_stop_coming(number):
    yield "first"
    os.kill(os.getpid(), number)
    time.sleep(60)
    yield "second"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_waits_for_data_that_do_not_come_is_stopped(number, monkeypatch, caplog):
    monkeypatch.setattr(interruption, "PATIENCE", 0.05)
    with StopRequest() as stop, pytest.raises(TrainingInterrupted) as end:
        assert list(stop.awaited(batches_that_stop_coming(number))) == ["first"]
    assert end.value.signal_number == number
    assert "stopped without saving" in caplog.text


def test_data_that_do_come_are_given_to_the_end(monkeypatch):
    monkeypatch.setattr(interruption, "PATIENCE", 0.05)
    with StopRequest() as stop:
        batches = stop.awaited(range(3))
        assert next(batches) == 0
        os.kill(os.getpid(), signal.SIGTERM)  # between two batches, where the trainer answers it
        assert list(batches) == [1, 2]
        time.sleep(0.1)


def test_without_alarms_a_second_signal_ends_the_wait(monkeypatch, caplog):
    """As on Windows."""
    monkeypatch.setattr(interruption, "ALARM", None)
    monkeypatch.delattr(signal, "SIGALRM")
    monkeypatch.delattr(signal, "setitimer")

    def batches():
        yield "first"
        signal.raise_signal(signal.SIGINT)
        assert "press Ctrl-C again" in caplog.text
        signal.raise_signal(signal.SIGINT)

    # Where the tests run in the background of a shell, it is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with StopRequest() as stop, pytest.raises(KeyboardInterrupt):
            assert list(stop.awaited(batches())) == ["first"]
    finally:
        signal.signal(signal.SIGINT, before)
    assert stop.signal_number == signal.SIGINT
