"""The start of every command line: a parser whose help names the command as it was started."""

import argparse
import pathlib
import sys

INSTALLED = "dmb-"


def command_parser(script, description, examples):
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
