"""Run a tracker over a dataset: `python pytracking/run_tracker.py --help`."""

import argparse
import sys

from libs.utils.command_line import command_parser, run_command
from pytracking.evaluation.command_line import (
    add_format_argument,
    add_name_argument,
    add_run_arguments,
    add_strict_argument,
    add_tracker_arguments,
    run_options,
    tracker_of,
)

EXAMPLES = """examples:
  python pytracking/run_tracker.py --dataset_name mini
  python pytracking/run_tracker.py DMB DMB_default_params --dataset_name lasot --workers 4
  python pytracking/run_tracker.py --dataset_name otb --set memory_interval=3 --name every_third
  python pytracking/run_tracker.py --param ./mine.py --checkpoint epoch_20.pth.tar --dataset_name otb
  python pytracking/run_tracker.py mine:MyTracker --dataset_name otb
  python pytracking/run_tracker.py DMB DMB_default_params --dataset_name otb --sequence Basketball --debug 1
  python pytracking/run_tracker.py DMB DMB_default_params --dataset_name davis2017
  python pytracking/run_tracker.py --dataset_name mini --format coco --format csv
  python pytracking/run_tracker.py DMB DMB_default_params --dataset_name mini_objects --sequence companions

Each sequence is run once from its first frame, without resets (with VOT's: run_vot_test.py, dmb-vot). Boxes go to
<results>/TRACKER/PARAM/<sequence>.txt; a sequence that has masks starts from its first mask, and masks go to
<results>/TRACKER/PARAM/<sequence>/. The objects of one video (davis2017, youtubevos_valid) are followed together, each
from its first annotated frame on: boxes go to <video>-<object>.txt, masks to <video>/<frame>.png, an indexed PNG that
holds the object's number at each pixel. To continue a run that was stopped, run the same command again.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns 0; 1 if a sequence failed; 2 on bad input; 130 on Ctrl-C."""
    return run_command(_run, _parser().parse_intermixed_args(arguments), goes_on=True)


def _run(options: argparse.Namespace) -> int:
    # Late, because these take seconds to import, which --help should not.
    from pytracking.evaluation.datasets import get_dataset
    from pytracking.evaluation.protocols import find_protocol
    from pytracking.evaluation.running import choose_video, report_failures, run_dataset

    tracker = tracker_of(options, options.name)
    sequences = choose_video(get_dataset(*options.dataset_name, strict=options.strict), options.sequence)
    dataset = ", ".join(options.dataset_name)
    protocol = find_protocol(options.protocol)()
    results = {"dataset": dataset, "formats": options.formats, **run_options(options)}
    failures = run_dataset(sequences, [tracker], protocol=protocol, **results)
    return report_failures(failures)


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "python pytracking/run_tracker.py",
        "Run a tracker over a dataset, once through every sequence, and write its boxes.",
        EXAMPLES,
    )
    add_tracker_arguments(parser)
    parser.add_argument(
        "--dataset_name",
        nargs="+",
        default=["otb"],
        metavar="NAME",
        help="one or more of otb, lasot, got10k_val, got10k_test, trackingnet, nfs, uav123, tlp, vot2018, davis2017 "
        "and the others in libs/dataset/catalog; mini and mini_objects (rendered, need no files); NAME=FOLDER; "
        "module:Class of your own (default: otb)",
    )
    parser.add_argument(
        "--sequence", metavar="NAME|NUMBER", help="only this sequence or video, by its name or number from 0"
    )
    parser.add_argument(
        "--protocol",
        default="ope",
        metavar="NAME",
        help="how sequences are run: ope or vos, which run them once through, or module:Class (%(default)s)",
    )
    add_name_argument(parser)
    add_strict_argument(parser)
    add_format_argument(parser, "<results>/TRACKER/PARAM/<format>/<video>")
    add_run_arguments(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
