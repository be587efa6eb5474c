"""Export the tracker: `python -m pytracking.export --help`; docs/export.md says what can be exported."""

import argparse
import sys

from libs.utils.command_line import command_parser, run_command
from pytracking.evaluation.command_line import add_tracker_options, tracker_of

FORMAT_NAMES = ("torch", "onnx")
PRECISION_NAMES = ("fp32", "fp16")

EXAMPLES = """examples:
  python -m pytracking.export                                            the bundled network, for torch.export.load
  python -m pytracking.export --format onnx --output exported             for dmb-onnx-track, C++, the browser
  python -m pytracking.export checkpoints/ltr/DMB/stage2/AMB_best.pth.tar --output mine --format torch onnx

All that the tracker computes on tensors becomes programs: encode, remember, segment, and those of the filter.
tracker.json says their shapes, the parameters in force, and the order of a frame. Each program is read back and must
give what the tracker's own modules give. dmb-onnx-track follows an object by the ONNX programs, without torch.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns 0; 2 on bad input or a program that deviates; 130 on Ctrl-C."""
    return run_command(_run, _parser().parse_args(arguments))


def _run(options: argparse.Namespace) -> int:
    # Late, because these take seconds to import, which --help should not.
    from pytracking.evaluation.export_command import export_tracker

    options.checkpoint = options.weights or options.checkpoint
    files = export_tracker(tracker_of(options), options.output, options.format, options.precision)
    print(f"{len(files)} programs and tracker.json are in {options.output}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "python -m pytracking.export",
        "Export the DMB tracker as torch.export or ONNX programs.",
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
    add("--precision", choices=PRECISION_NAMES, default="fp32", help="precision of the network (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
