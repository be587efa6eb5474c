"""Ctrl-C and SIGTERM as a request that training can answer when its state is whole."""

import signal


class TrainingInterrupted(Exception):
    """Training was asked to stop and has saved its state.

    Args:
        signal_number: what asked.
    """

    def __init__(self, signal_number):
        super().__init__(f"stopped by {signal.Signals(signal_number).name}")
        self.signal_number = signal_number


class StopRequest:
    """Context in which SIGINT and SIGTERM only set `signal_number`; the second one ends the process as usual."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self):
        self.signal_number = 0
        self._before = {}

    def __enter__(self):
        for number in self.SIGNALS:
            self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_):
        self._restore()

    def _receive(self, number, _frame):
        self.signal_number = number
        self._restore()

    def _restore(self):
        for number, handler in self._before.items():
            signal.signal(number, handler)
