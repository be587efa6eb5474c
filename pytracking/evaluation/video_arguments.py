"""The arguments of the commands that follow objects through videos: what is followed, where, and what is written."""

import argparse
import re
import sys
from collections.abc import Sequence

from pytracking.evaluation.command_line import add_debug_argument, add_format_argument, add_limit_argument

BOX_OPTION = "--optional_box"
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
NUMBERS = re.compile(rf"{NUMBER}(?:[,;]{NUMBER})*[,;]?", re.IGNORECASE)
"""A part of a box on the command line: one number or several with commas, perhaps one at the end."""


def add_video_arguments(parser: argparse.ArgumentParser) -> None:
    """Add all that commands on videos have in common but for the videos themselves; see `parse_video_arguments`."""
    _add_objects(parser)
    _add_part(parser)
    _add_reading(parser)
    _add_writing(parser)
    add_debug_argument(parser, "<results>/TRACKER/PARAM/debug/video_<name>")


def parse_video_arguments(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of a parser with `add_video_arguments`; numbers of a box are told from options and from VIDEO.

    Args:
        parser: of the command.
        arguments: None: those of this process.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    return parser.parse_intermixed_args(_join_boxes(_mark_paths(given)))


def _mark_paths(arguments: list[str]) -> list[str]:
    """The same without `--`, what follows it being paths; argparse itself forgets it, if arguments are mixed."""
    if "--" not in arguments:
        return arguments
    place = arguments.index("--")
    return arguments[:place] + [f"./{path}" if path.startswith("-") else path for path in arguments[place + 1 :]]


def _join_boxes(arguments: Sequence[str]) -> list[str]:
    """The same with each --optional_box and the numbers behind it as one argument.

    argparse itself takes `-1e-05` for an option, and a VIDEO behind the box for one more number.
    """
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1].partition("=")[0] == BOX_OPTION and NUMBERS.fullmatch(argument):
            joined[-1] += f"{' ' if '=' in joined[-1] else '='}{argument}"
        else:
            joined.append(argument)
    return joined


def _add_objects(parser: argparse.ArgumentParser) -> None:
    """What is followed."""
    parser.add_argument(
        BOX_OPTION,
        action="append",
        metavar="NUMBERS",
        help="an object in the first frame: X Y W H in pixels, or the 8 numbers of its corners, with blanks or commas; "
        "repeatable, once for each object; VIDEO may come before or after it, a camera's number only before",
    )
    parser.add_argument(
        "--mask",
        metavar="FILE|FOLDER",
        help="PNG of the first frame's size: 0 is background, every other value an object; or a folder of such images, "
        "named like their frames (in a video by number, from 00000.png): each object starts where it is first shown, "
        "and is corrected where it is shown again; or annotations in any format of pytracking.convert --list",
    )
    parser.add_argument(
        "--backwards",
        action="store_true",
        help="follow objects backwards too, from each frame that shows them; a frame between two of these is followed "
        "from the nearer one (not for cameras)",
    )
    parser.add_argument(
        "--resume",
        metavar="SESSION",
        help="continue a session, which the key s in the window or Session.save saved, after the frame at which it was "
        "saved; with its own tracker, unless one is named",
    )
    add_limit_argument(parser)


def _add_part(parser: argparse.ArgumentParser) -> None:
    """Which frames are followed."""
    parser.add_argument("--start", type=int, default=0, metavar="N", help="first frame, counted from 0 (%(default)s)")
    parser.add_argument("--end", type=int, metavar="N", help="frame to stop before (default: the end)")
    parser.add_argument(
        "--stride",
        type=int,
        default=1,
        metavar="N",
        help="follow only every N-th frame; results count the frames that are followed (%(default)s)",
    )


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """How frames are read."""
    parser.add_argument(
        "--on-bad-frame",
        choices=("stop", "skip"),
        default="stop",
        help="at a frame that cannot be read: stop with exit status 1, after writing everything before it, or repeat "
        "the last state and continue (%(default)s)",
    )
    parser.add_argument(
        "--live",
        action=argparse.BooleanOptionalAction,
        help="drop frames that arrive faster than they can be followed (default: for cameras and rtsp, not for files)",
    )
    parser.add_argument(
        "--wait_for_camera",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="how long a camera may take to deliver its first image (%(default)s)",
    )


def _add_writing(parser: argparse.ArgumentParser) -> None:
    """What is shown and written."""
    parser.add_argument("--show", action="store_true", help="show the results in a window, even if objects are given")
    parser.add_argument("--show-score", action="store_true", help="draw each object's score beside it")
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="write a video (.mp4, .webm, .gif, ...) with the results drawn in; for several videos, <FILE>_<video>",
    )
    parser.add_argument(
        "--save_results",
        action="store_true",
        help="write boxes, polygons and scores as text and masks as indexed PNG, to "
        "<results>/TRACKER/PARAM/video_<name>; the same command continues there",
    )
    add_format_argument(parser, "the folder of --save_results, which it implies")
