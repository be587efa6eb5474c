"""Help that names the command as it was started, and exit statuses."""

import pytest

from libs.utils.command_line import command_parser, run_command
from libs.utils.errors import DataError

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
    assert capsys.readouterr().err.endswith("give the same command to go on\n")
