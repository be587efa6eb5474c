"""Arguments that several commands share, and the tracker that they describe."""

import argparse
from typing import TYPE_CHECKING, Any

from libs.utils.command_line import parse_assignments
from libs.utils.errors import SettingsError
from pytracking.evaluation.limits import MOST_OBJECTS

if TYPE_CHECKING:
    from pytracking.evaluation.tracker import Tracker

TRACKER_HELP = (
    "folder in pytracking/tracker, perhaps with its parameter file (static, opencv:csrt, opencv:kcf, ...), or "
    "module:Class of your own (default: DMB)"
)
PARAM_HELP = (
    "file in pytracking/parameter/TRACKER, or the path of a file of your own (default: TRACKER's own default, such as "
    "DMB_default_params)"
)


def add_tracker_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the positional TRACKER and PARAM, the options of `add_tracker_options`, and --runid."""
    add = parser.add_argument
    add("tracker", nargs="?", metavar="TRACKER", help=TRACKER_HELP)
    add("param", nargs="?", metavar="PARAM", help=PARAM_HELP)
    add_tracker_options(parser)
    add("--runid", type=int, metavar="N", help="number of a repeated run; results are kept apart by it")


def add_tracker_options(parser: argparse.ArgumentParser, checkpoints: str | None = None) -> None:
    """Add --tracker, --param and the options of `add_change_options`; see `tracker_of`."""
    add = parser.add_argument
    add("--tracker", metavar="TRACKER", dest="tracker_option", help=TRACKER_HELP)
    add("--param", metavar="PARAM", dest="param_option", help=PARAM_HELP)
    add_change_options(parser, checkpoints)


def add_change_options(parser: argparse.ArgumentParser, checkpoints: str | None = None) -> None:
    """Add the options that override the parameter file: --checkpoint, --device, --set; see `overrides_of`.

    Args:
        parser: to which they are added.
        checkpoints: `nargs` of --checkpoint; None for a single one.
    """
    add = parser.add_argument
    several = "; several are tested one by one and compared" if checkpoints else ""
    add(
        "--checkpoint",
        nargs=checkpoints,
        metavar="FILE",
        help=f"network weights: a path, or the name of a file in pytracking/networks{several}",
    )
    add("--device", help="auto, cpu, cuda, cuda:1 (default: as the parameter file says)")
    add(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        dest="changes",
        help="any parameter of the tracker (docs/parameters.md), in place of the parameter file's value; repeatable",
    )


def overrides_of(options: Any) -> dict[str, str]:
    """Parameter -> text of --set, --checkpoint and --device, the latter two only if they are given."""
    named = {"pth_path": options.checkpoint, "device": options.device}
    return {**parse_assignments(options.changes), **{name: value for name, value in named.items() if value is not None}}


def tracker_of(options: Any, label: str | None = None) -> "Tracker":
    """The `Tracker` that the parsed options describe; without any, DMB with its default parameters.

    Args:
        options: parsed, from `add_tracker_arguments` or `add_tracker_options`.
        label: of the results, instead of the parameter file's name.

    Raises:
        SettingsError: a tracker, parameter file or parameter does not exist, or is given twice.
    """
    # Imported late, because it takes seconds, and --help must be quick.
    from pytracking.evaluation.tracker import DEFAULT, Tracker

    tracker = _one(options, "tracker") or DEFAULT
    chosen = Tracker(tracker, _one(options, "param"), getattr(options, "runid", None), label=label)
    return chosen.changed(overrides_of(options))


def _one(options: Any, name: str) -> str | None:
    """A value that is given by position or by the option with the same name."""
    given = [getattr(options, name, None), getattr(options, f"{name}_option")]
    given = [value for value in given if value is not None]
    if len(given) > 1:
        raise SettingsError(f"{name.upper()} is given twice, as {given[0]} and by --{name} {given[1]}; give it once")
    return given[0] if given else None


def add_strict_argument(parser: argparse.ArgumentParser) -> None:
    """Add --strict."""
    parser.add_argument(
        "--strict",
        action="store_true",
        help="make an error of sequences that are missing or damaged; without it, what is there is used, and one "
        "warning names what is left out",
    )


def add_results_argument(parser: argparse.ArgumentParser) -> None:
    """Add --results."""
    parser.add_argument(
        "--results",
        metavar="FOLDER",
        help="folder of all results (default: DMB_RESULTS_PATH, results_path in local.py, or ./results)",
    )


def add_name_argument(parser: argparse.ArgumentParser) -> None:
    """Add --name."""
    parser.add_argument("--name", metavar="NAME", help="name of the results in place of PARAM: they go to TRACKER/NAME")


def add_workers_argument(parser: argparse.ArgumentParser, default: int | None = 1, shown: str = "1") -> None:
    """Add --workers and its alias --threads; `shown` is the default in words."""
    parser.add_argument(
        "--workers",
        "--threads",
        type=_count,
        default=default,
        metavar="N",
        help=f"processes that share the sequences and the GPUs; 0, as pytracking counts, is 1 ({shown})",
    )


def _count(text: str) -> int:
    """pytracking counts the processes besides the first: 0 means one."""
    return int(text) or 1


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options for running sequences: --debug, --max_objects, --workers, --force, --results."""
    add_debug_argument(parser, "<results>/TRACKER/PARAM/debug/<sequence>; sequences run even if they are finished")
    add_limit_argument(parser)
    add_workers_argument(parser)
    add_force_argument(parser)
    add_results_argument(parser)


def run_options(options: Any) -> dict[str, Any]:
    """The options from `add_run_arguments`, as arguments of `run_dataset`."""
    return {name: getattr(options, name) for name in ("debug", "max_objects", "workers", "force", "results")}


def add_format_argument(parser: argparse.ArgumentParser, place: str) -> None:
    """Add --format; `place` says where the files go."""
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        dest="formats",
        metavar="NAME",
        help="write the results in this format too: coco, coco_polygons, csv, cvat, davis, jsonl, labelme, mot, png, "
        f"vot, yolo or youtubevos (docs/formats.md), to {place}; repeatable",
    )


def add_limit_argument(parser: argparse.ArgumentParser) -> None:
    """Add --max_objects."""
    parser.add_argument(
        "--max_objects",
        type=int,
        default=MOST_OBJECTS,
        metavar="N",
        help="how many objects of a video are followed at most (%(default)s)",
    )


def add_force_argument(parser: argparse.ArgumentParser) -> None:
    """Add --force."""
    parser.add_argument(
        "--force", action="store_true", help="run finished sequences again; throw away results made otherwise"
    )


def add_debug_argument(parser: argparse.ArgumentParser, folder: str) -> None:
    """Add --debug; `folder` is for pictures that cannot be shown."""
    parser.add_argument(
        "--debug",
        type=int,
        choices=(0, 1, 2),
        default=0,
        help="1: show what the tracker does in every frame, in one picture: crops, scores, mask, remembered frames and "
        "the attention each received, decisions; in a window, or where there is no display in files, in "
        f"{folder}; 2: wait for a key after each frame (%(default)s)",
    )
