"""Run a tracker on a camera: `python pytracking/run_webcam.py --help`."""

import argparse
import sys

from libs.utils.command_line import command_parser, run_command
from pytracking.evaluation.command_line import (
    add_results_argument,
    add_tracker_arguments,
)
from pytracking.evaluation.video_arguments import add_video_arguments, parse_video_arguments

EXAMPLES = """examples:
  python pytracking/run_webcam.py                                      drag boxes in the first frame; r again, q quits
  python pytracking/run_webcam.py DMB DMB_default_params --camera 1 --output out.mp4
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns as `run_video.main`; the outputs hold what was done."""
    return run_command(_run, parse_video_arguments(_parser(), arguments))


def _run(options: argparse.Namespace) -> int:
    # Late, because it takes seconds to import, which --help should not.
    from pytracking.evaluation.video_command import run_on_sources

    return run_on_sources(options, [options.camera])


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "python pytracking/run_webcam.py", "Follow one or more objects that a camera sees.", EXAMPLES
    )
    add_tracker_arguments(parser)
    parser.add_argument("--camera", default="0", metavar="NUMBER|URL", help="which camera or stream (%(default)s)")
    add_video_arguments(parser)
    add_results_argument(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
