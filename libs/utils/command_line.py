"""What all commands share: a parser with help that names the command as it was started, and the exit statuses."""

import argparse
import contextlib
import importlib.metadata
import math
import os
import pathlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import FrameType
from typing import Any

from libs.utils.errors import DMBError, FullDiskError, SettingsError

INSTALLED = ("dmb-", "dmb ")
PACKAGE = "dmb-tracker"
INTERRUPTED = 130
TERMINATIONS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Signals from batch systems and closed terminals that end a command."""
CLEANUP_SECONDS = 3.0
"""Seconds after a signal during which another one does not count: a closing terminal sends two."""


class Terminated(KeyboardInterrupt):
    """Raised by a signal that ends a command as Ctrl-C does.

    Args:
        number: the signal's.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def status_of(interruption: KeyboardInterrupt) -> int:
    """Exit status of a command ended by Ctrl-C or a signal: 130, or 128 plus the signal's number."""
    return 128 + interruption.number if isinstance(interruption, Terminated) else INTERRUPTED


def command_parser(script: str, description: str, examples: str) -> argparse.ArgumentParser:
    """A parser for a command that runs as a script in a checkout, and under its own name once installed.

    Args:
        script: what to type in a checkout, such as 'python pytracking/run_video.py'.
        description: what the command does.
        examples: shown unchanged below the options, except that `script` becomes the installed command's name (such as
            'dmb-video') if the command was started by that name.
    """
    name = pathlib.Path(sys.argv[0]).stem
    typed = name if name.startswith(INSTALLED) else script
    parser = CommandParser(
        prog=typed,
        description=description,
        epilog=examples.replace(script, typed),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    return parser


class CommandParser(argparse.ArgumentParser):
    """A parser that answers shell completion."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As of `ArgumentParser`."""
        self._complete()
        return super().parse_args(args, namespace)

    def parse_intermixed_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As of `ArgumentParser`."""
        self._complete()
        return super().parse_intermixed_args(args, namespace)

    def _complete(self) -> None:
        if "_ARGCOMPLETE" in os.environ:
            import argcomplete

            argcomplete.autocomplete(self)


class _Version(argparse.Action):
    """Shows the version of the package, which takes a while to determine."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *given: Any) -> None:
        print(f"DMB {importlib.metadata.version(PACKAGE)}")
        parser.exit()


def run_command(run: Callable[[Any], int], options: Any, goes_on: bool = False) -> int:
    """Run a command and return its exit status.

    Args:
        run: function of the parsed options that returns an exit status.
        options: the parsed options.
        goes_on: whether the same command, run again after Ctrl-C or once the disk has room, resumes; the user is then
            told so.

    Returns:
        What `run` returns; 2 for a documented error, printed without a traceback; 130 on Ctrl-C, 143 on SIGTERM, 129 on
        SIGHUP.
    """
    hint = "; what was finished is kept: run the same command again to continue" if goes_on else ""
    try:
        with terminations_interrupt():
            return run(options)
    except DMBError as error:
        print(f"error: {error}{hint if isinstance(error, FullDiskError) else ''}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interruption:
        # The terminal itself may be gone.
        with contextlib.suppress(OSError):
            print(f"\ninterrupted{hint}", file=sys.stderr)
        return status_of(interruption)


@contextlib.contextmanager
def terminations_interrupt() -> Iterator[None]:
    """Context in which SIGTERM and SIGHUP raise `Terminated`, so that outputs get finished; a no-op in a thread.

    SIGHUP stays ignored if it already is, as under nohup.
    """
    last = -math.inf

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal last
        if time.monotonic() - last > CLEANUP_SECONDS:
            last = time.monotonic()
            raise Terminated(number)

    own = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in TERMINATIONS if own}
    caught = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    try:
        for number in caught:
            signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in caught.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def parse_assignments(items: Iterable[str], option: str = "--set") -> dict[str, str]:
    """Name -> text from options such as `--set memory_interval=3`; see `libs.utils.params.value_of` for its meaning.

    Args:
        items: texts 'NAME=VALUE'.
        option: for the error message.

    Raises:
        SettingsError: a text has another form.
    """
    values = {}
    for item in items:
        name, separator, text = item.partition("=")
        if not separator:
            raise SettingsError(f"{option} {item}: write NAME=VALUE")
        values[name] = text
    return values
