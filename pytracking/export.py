"""Export the tracker's networks: `python -m pytracking.export --help`; docs/export.md says what can be exported."""

import argparse
import sys

from libs.utils.command_line import command_parser, run_command
from pytracking.evaluation.command_line import add_tracker_options, tracker_of

FORMAT_NAMES = ("torch", "onnx")

EXAMPLES = """examples:
  python -m pytracking.export                                            the bundled network, for torch.export.load
  python -m pytracking.export checkpoints/ltr/DMB/stage2/AMB_best.pth.tar --output mine --format torch onnx

Four programs are written, query_encoder, memory_encoder, segmentation and filter_scoring, and programs.json, which says
their shapes, how images are normalised and how they are cropped. Each program is read back and must give what the
tracker's own modules give. The filter learns online: that stays in Python.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns 0; 2 on bad input or a program that deviates; 130 on Ctrl-C."""
    return run_command(_run, _parser().parse_args(arguments))


def _run(options: argparse.Namespace) -> int:
    # Late, because these take seconds to import, which --help should not.
    from pytracking.evaluation.export_command import export_tracker

    options.checkpoint = options.weights or options.checkpoint
    files = export_tracker(tracker_of(options), options.output, options.format)
    print(f"{len(files)} programs and programs.json are in {options.output}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "python -m pytracking.export",
        "Export the networks of the DMB tracker as torch.export or ONNX programs.",
        EXAMPLES,
    )
    add = parser.add_argument
    add("weights", nargs="?", metavar="CHECKPOINT", help="network weights (default: those of the parameter file)")
    add_tracker_options(parser)
    add("--output", default="exported", metavar="FOLDER", help="where to write (%(default)s)")
    add(
        "--format",
        nargs="+",
        choices=FORMAT_NAMES,
        default=["torch"],
        help="torch: .pt2 files, for torch.export.load; onnx: .onnx files; both may be given (torch)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
