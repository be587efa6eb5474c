"""Help that names the command as it was started."""

import pytest

from libs.utils.command_line import command_parser

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
