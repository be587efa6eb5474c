"""All commands under one name: `dmb video clip.mp4`, `dmb vot --dataset mini`, ...; `dmb --help` lists them."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from libs.utils.command_line import command_parser

COMMANDS = {
    "video": ("pytracking.run_video", "follow objects through videos, folders of images or a camera"),
    "webcam": ("pytracking.run_webcam", "follow objects in front of a camera"),
    "web": ("pytracking.web.cli", "the same on a page in the browser"),
    "convert": ("pytracking.convert", "bring annotations from one format into another"),
    "vot": ("votTester.cli", "test a tracker by a protocol of the VOT challenges"),
    "track": ("pytracking.run_tracker", "run a tracker over a dataset, once through each sequence"),
    "report": ("pytracking.analysis.__main__", "evaluate, plot, play back and pack what `dmb track` wrote"),
    "train": ("ltr.run_training", "train a network, or fine-tune it on a few videos"),
    "validate": ("ltr.run_validation", "J and F of a network's appearance memory alone"),
    "export": ("pytracking.export", "write the networks as torch.export or ONNX programs"),
}
"""Name -> module with a `main(arguments)`, and what it does."""

EXAMPLES = """examples:
  dmb video clip.mp4                     select objects with the mouse
  dmb vot --dataset mini                 accuracy, robustness and EAO on rendered sequences
  dmb video --help                       the options of a command
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that is named first. Returns its exit status; 2 where there is none of that name."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if "_ARGCOMPLETE" in os.environ:
        # A shell that completes a line has it here, and is to be answered by the command if there is one already.
        given = os.environ["COMP_LINE"].split()[1:]
        if given and given[0] in COMMANDS:
            os.environ["_ARGCOMPLETE"] = "2"
            return _run(given[0], [])
    return _run(_parser().parse_args(given[:1] or ["--help"]).command, given[1:])


def _run(name: str, arguments: list[str]) -> int:
    # The name by which the command's own help calls it.
    sys.argv = [f"dmb {name}", *arguments]
    return importlib.import_module(COMMANDS[name][0]).main(arguments)


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:{width}}  {what}" for name, (_, what) in COMMANDS.items())
    parser = command_parser("dmb", "Segmentation tracking with two memories.", f"commands:\n{listed}\n\n{EXAMPLES}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="what to do; its options follow")
    return parser


if __name__ == "__main__":
    sys.exit(main())
