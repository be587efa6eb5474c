"""Evaluate, plot, play back and pack finished results: `python -m pytracking.analysis --help`."""

import argparse
import sys
from typing import Any

from libs.utils.command_line import command_parser, run_command
from pytracking.analysis.commands import ABSENT, evaluate, evaluate_boxes, evaluate_masks, pack_results, play_back
from pytracking.evaluation.command_line import add_results_argument, add_strict_argument

EXAMPLES = """examples:
  python -m pytracking.analysis ope --dataset_name otb nfs --trackers DMB/DMB_default_params ncc/default
  python -m pytracking.analysis vos --dataset_name davis2017 --trackers DMB/DMB_default_params
  python -m pytracking.analysis playback --dataset_name otb --trackers DMB/DMB_default_params --sequence Basketball
  python -m pytracking.analysis pack got10k --tracker DMB/DMB_default_params

Results are made with pytracking/run_tracker.py. A tracker is named as the folder of its results, TRACKER/PARAM;
repeated runs (PARAM_000, PARAM_001, ...) are averaged. `python -m pytracking.analysis ope --help` tells more of a
command.
"""

SCORE_NOTES = """Writes <protocol>.md, .csv and .html with the numbers that the protocol gives.
"""

OPE_NOTES = """Writes ope.md, ope.csv, ope.html, and plots of success, precision and normalised precision as PNG and
PDF: by dataset and by attribute. Measures, in percent:
  AUC         area under the success curve, the share of frames whose overlap is above 0, 0.05, ... 1
  P, Pnorm    share of frames whose centre is at most 20 pixels, or 0.2 target sizes, from the true one
  AO          mean overlap; SR50, SR75: share of overlaps above 0.5, 0.75; over all frames but the first ones (GOT-10k)
AUC, P and Pnorm are means over sequences. Frames count as the dataset's own toolkit counts them: in OTB, UAV123, NFS
and Temple-Color the target's absence is a failure of overlap but not of precision, in LaSOT of both, in GOT-10k of
neither; there boxes are cut to the image. Files of boxes count pixels as the dataset's own do, from 0 or from 1. Only
sequences that all trackers finished count. Attributes are VOT's tags, GOT-10k's cut_by_image, and the columns of a file
attributes.csv in the dataset's folder (sequence,IV,OCC,... with rows of a name and 0 or 1).
"""

VOS_NOTES = """Writes vos.md, vos.csv and vos.html: J (region) and F (boundary), each with mean, recall (share of frames
above 0.5) and decay (first quarter of the frames less the last), in percent, of every object and their mean, as DAVIS
evaluates them: the first and the last frame of a video are left out.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns 0; 2 on bad input; 130 on Ctrl-C."""
    options = _parser().parse_args(arguments)
    return run_command(options.run, options)


def _parser() -> argparse.ArgumentParser:
    style: dict[str, Any] = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = command_parser(
        "python -m pytracking.analysis", "Evaluate, plot, play back and pack the results of trackers.", EXAMPLES
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    ope = commands.add_parser("ope", help="success and precision: plots and tables", epilog=OPE_NOTES, **style)
    ope.set_defaults(run=evaluate_boxes)
    _add_common(ope, several_datasets=True)
    ope.add_argument(
        "--absent",
        choices=tuple(ABSENT),
        default="official",
        help="how frames count in which the target is absent: as the dataset's own toolkit has it, not at all, or as "
        "failures, as in pytracking's programs (%(default)s)",
    )
    vos = commands.add_parser("vos", help="J and F of masks: tables", epilog=VOS_NOTES, **style)
    vos.set_defaults(run=evaluate_masks)
    _add_common(vos)
    score = commands.add_parser("score", help="any protocol: its tables and report", epilog=SCORE_NOTES, **style)
    score.set_defaults(run=evaluate)
    score.add_argument("--protocol", default="ope", metavar="NAME", help="ope, vos, or module:Class (%(default)s)")
    _add_common(score, several_datasets=True)
    playback = commands.add_parser("playback", help="videos of the results")
    playback.set_defaults(run=play_back)
    _add_common(playback)
    playback.add_argument("--sequence", metavar="NAME|NUMBER", help="only this sequence (default: all)")
    _add_pack(commands)
    return parser


def _add_common(parser: argparse.ArgumentParser, several_datasets: bool = False) -> None:
    parser.add_argument(
        "--dataset_name",
        required=True,
        metavar="NAME",
        nargs="+" if several_datasets else None,
        help="such as otb, vot2018, davis2017, mini, otb=FOLDER, or a folder in VOT layout",
    )
    parser.add_argument(
        "--trackers", required=True, nargs="+", metavar="TRACKER/PARAM", help="one or more trackers with results"
    )
    parser.add_argument(
        "--output", metavar="FOLDER", help="where to write (default: the folder 'analysis' in that of the results)"
    )
    add_strict_argument(parser)
    add_results_argument(parser)


def _add_pack(commands: Any) -> None:
    pack = commands.add_parser("pack", help="a .zip for the server of GOT-10k, TrackingNet or YouTube-VOS")
    pack.set_defaults(run=pack_results)
    pack.add_argument("server", choices=("got10k", "trackingnet", "youtubevos"), help="whose format")
    pack.add_argument("--tracker", required=True, metavar="TRACKER/PARAM", help="the tracker whose results are packed")
    pack.add_argument(
        "--dataset_name", metavar="NAME", help="the dataset, such as got10k_test=FOLDER (default: the server's)"
    )
    pack.add_argument("--output", metavar="FILE", help="the .zip (default: in the folder 'analysis' of the results)")
    add_strict_argument(pack)
    add_results_argument(pack)


if __name__ == "__main__":
    sys.exit(main())
