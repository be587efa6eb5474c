"""What every command shares: a parser whose help names the command as it was started, and its exit statuses."""

import argparse
import ast
import pathlib
import sys
from collections.abc import Callable, Iterable
from typing import Any

from libs.utils.errors import DMBError, SettingsError

INSTALLED = "dmb-"
INTERRUPTED = 130


def command_parser(script: str, description: str, examples: str) -> argparse.ArgumentParser:
    """A parser for a command that runs from a checkout by a script, and once installed by its own name.

    Args:
        script: what is typed in a checkout, such as 'python pytracking/run_video.py'.
        description: what the command does.
        examples: shown below the options as they stand, but for `script`, which becomes the installed command's name
            (such as 'dmb-video') when the command was started by that.
    """
    name = pathlib.Path(sys.argv[0]).stem
    typed = name if name.startswith(INSTALLED) else script
    return argparse.ArgumentParser(
        prog=typed,
        description=description,
        epilog=examples.replace(script, typed),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def run_command(run: Callable[[Any], int], options: Any, goes_on: bool = False) -> int:
    """Run a command and return its exit status.

    Args:
        run: function of the parsed options that returns an exit status.
        options: the parsed options.
        goes_on: whether the same command, given again after Ctrl-C, goes on where it was; the user is then told.

    Returns:
        What `run` returns; 2 for a documented error, printed without a trace; 130 on Ctrl-C.
    """
    try:
        return run(options)
    except DMBError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        hint = "; what was finished is kept: give the same command to go on" if goes_on else ""
        print(f"\ninterrupted{hint}", file=sys.stderr)
        return INTERRUPTED


def parse_assignments(items: Iterable[str], option: str = "--set") -> dict[str, Any]:
    """Name -> value of options such as `--set memory_interval=3`.

    Args:
        items: texts 'NAME=VALUE'; a value is a Python literal, or the text itself where it is none, so that names need
            no quotes.
        option: for the error message.

    Raises:
        SettingsError: a text has another form.
    """
    values = {}
    for item in items:
        name, separator, text = item.partition("=")
        if not separator:
            raise SettingsError(f"{option} {item}: write NAME=VALUE")
        try:
            values[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            values[name] = text
    return values
