"""Help that names the command as it was started, and exit statuses."""

import os
import signal
import threading

import pytest

from libs.utils.command_line import Terminated, command_parser, run_command, status_of
from libs.utils.errors import DataError, FullDiskError

SCRIPT = "python pytracking/run_video.py"


@pytest.mark.parametrize(
    ("started", "typed"),
    [
        ("/home/me/checkout/pytracking/run_video.py", SCRIPT),
        ("/home/me/venv/bin/dmb-video", "dmb-video"),
        ("dmb-video.exe", "dmb-video"),
        ("/usr/bin/pytest", SCRIPT),
    ],
)
def test_usage_and_examples_name_what_is_typed(monkeypatch, started, typed):
    monkeypatch.setattr("sys.argv", [started])
    shown = command_parser(SCRIPT, "What it does.", f"examples:\n  {SCRIPT} clip.mp4    a clip\n").format_help()
    assert shown.startswith(f"usage: {typed} [-h]")
    assert "What it does." in shown
    assert shown.endswith(f"examples:\n  {typed} clip.mp4    a clip\n")


def stop(error):
    """A command that ends in an error."""

    def run(options):
        raise error

    return run


def test_exit_statuses(capsys):
    assert run_command(lambda options: options + 1, 4) == 5
    assert run_command(stop(DataError("no such file")), None) == 2
    assert capsys.readouterr().err == "error: no such file\n"
    assert run_command(stop(KeyboardInterrupt), None) == 130
    assert capsys.readouterr().err == "\ninterrupted\n"


def test_only_who_can_go_on_is_told_so(capsys):
    assert run_command(stop(KeyboardInterrupt), None, goes_on=True) == 130
    assert capsys.readouterr().err.endswith("run the same command again to continue\n")
    assert run_command(stop(FullDiskError("no room")), None, goes_on=True) == 2
    expected = "error: no room; what was finished is kept: run the same command again to continue\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_signals_end_a_command_as_ctrl_c_does(name, status, capsys):
    number, cleaned = signal.Signals[name], []
    before = signal.getsignal(number)

    def run(options):
        try:
            os.kill(os.getpid(), number)
        finally:
            # A terminal that closes sends a second one: it does not interrupt the clean-up.
            os.kill(os.getpid(), number)
            cleaned.append(True)

    assert run_command(run, None, goes_on=True) == status
    assert cleaned == [True]
    assert "run the same command again to continue" in capsys.readouterr().err
    assert signal.getsignal(number) is before


def test_sighup_is_left_alone_where_it_is_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run_command(lambda options: os.kill(os.getpid(), signal.SIGHUP) or 0, None) == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_command_in_a_thread_leaves_signals_alone():
    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(run_command(lambda options: 3, None)))
    thread.start()
    thread.join()
    assert statuses == [3]


def test_statuses_of_interruptions():
    assert (status_of(KeyboardInterrupt()), status_of(Terminated(signal.SIGTERM))) == (130, 143)
