"""The command line of `run_vot_test.py`, installed as `dmb-vot`."""

import argparse
import os
import pathlib
import sys
from typing import TYPE_CHECKING

from libs.utils.command_line import command_parser, run_command
from libs.utils.errors import SettingsError
from pytracking.evaluation.command_line import (
    add_force_argument,
    add_results_argument,
    add_strict_argument,
    add_tracker_options,
    add_workers_argument,
    tracker_of,
)

if TYPE_CHECKING:
    from pytracking.evaluation.protocol import Protocol
    from votTester.datasets import VotDataset
    from votTester.vot import VOTTester

DEFAULT_DATASET = "vot2018"
MINI = "mini"

EXAMPLES = """examples:
  python run_vot_test.py                                       VOT2018, or the mini set where there is no VOT2018
  python run_vot_test.py --dataset mini --workers 2
  python run_vot_test.py --checkpoint epoch_10.pth.tar epoch_20.pth.tar --name mine
  python run_vot_test.py --set memory_interval=3 --name every_third
  python run_vot_test.py --param ./mine.py --name mine
  python run_vot_test.py --tracker mine:MyTracker --name mine
  python run_vot_test.py --compare opencv:csrt opencv:kcf static
  python run_vot_test.py --dataset mini --protocol vot2022/shortterm
  python run_vot_test.py --evaluate-only --name result_0 result_1
  python run_vot_test.py --evaluate-only --dataset VOT2018.json --name published/SiamAPN++ published/DaSiamRPN
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns the exit status: 0; 1 if a sequence failed; 2 on bad input; 130 on Ctrl-C."""
    return run_command(run, _parser().parse_args(arguments), goes_on=True)


def run(options: argparse.Namespace) -> int:
    """Test and evaluate as the parsed options ask. Returns the exit status."""
    # Imported here, because this takes seconds, and --help should not.
    from pytracking.evaluation.environment import results_path
    from pytracking.evaluation.world import join_world
    from votTester.datasets import load_dataset
    from votTester.vot import report_runs

    runs = _name_runs(options)
    protocol = _protocol(options)
    dataset = load_dataset(
        options.dataset or _default_dataset(),
        sequences=options.sequences,
        strict=options.strict,
        every_frame=protocol.starts_anywhere,
    )
    root = results_path(options.results)
    place = protocol.root(root / dataset.name)
    workers = options.workers or _default_workers(dataset)
    folders = {label: folder or place / label for label, (folder, _) in runs.items()}
    failures = []
    if not options.evaluate_only:
        for label, (_, tracker) in runs.items():
            failures += _tester(options, label, tracker, dataset, protocol, workers).test()
    if not join_world().leads:
        # Rank 0 has all results and makes the report.
        return 0
    # Before the report, which cannot be made if all have failed.
    for name, reason in failures:
        print(f"failed: {name}: {reason}", file=sys.stderr)
    report_runs(folders, dataset, root, protocol)
    if options.save_video:
        from votTester.video import write_videos

        for label, folder in folders.items():
            write_videos(folder, dataset, root / dataset.name / label / "videos")
    return 1 if failures else 0


def _name_runs(options: argparse.Namespace) -> dict[str, tuple[pathlib.Path | None, argparse.Namespace]]:
    """Label -> (folder given as a path, or None; options that name its tracker) of all requested runs."""
    if len(options.name) > 1 and not options.evaluate_only:
        raise SettingsError("several names are for --evaluate-only; a test writes under one --name")
    runs: dict[str, tuple[pathlib.Path | None, argparse.Namespace]] = {}
    # Parameters are set for the tested tracker, not for those that it is compared with.
    plain = {"param_option": None, "checkpoint": None, "device": None, "changes": []}
    beside = {name.replace(":", "_"): {"tracker_option": name, **plain} for name in options.compare}
    for name in options.name:
        for checkpoint in options.checkpoint or [None]:
            is_path = options.evaluate_only and pathlib.Path(name).name != name
            label = pathlib.Path(name).name if is_path else name
            if checkpoint is not None:
                label += f"_{pathlib.Path(checkpoint).name.removesuffix('.tar').removesuffix('.pth')}"
            if label in runs or label in beside:
                raise SettingsError(f"two runs would be called {label!r}; rename one, or run them apart")
            folder = pathlib.Path(name).with_name(label) if is_path else None
            runs[label] = folder, argparse.Namespace(**{**vars(options), "checkpoint": checkpoint})
    runs.update((label, (None, argparse.Namespace(**changes))) for label, changes in beside.items())
    return runs


def _default_dataset() -> str:
    """'vot2018' if its folder is set, else 'mini', with a message."""
    from pytracking.evaluation.environment import PATHS

    try:
        PATHS.find(DEFAULT_DATASET)
    except SettingsError:
        print(
            "no VOT2018 folder is set, so this is the bundled mini set; to have VOT2018, "
            f"{PATHS.ways_to_set(DEFAULT_DATASET)}, or give --dataset PATH (in Python: VOTTester.data_root['vot2018'])"
        )
        return MINI
    return DEFAULT_DATASET


def _default_workers(dataset: "VotDataset") -> int:
    """One; on the mini set without a GPU, one for each core, to finish soon rather than measure speed."""
    import torch

    from pytracking.evaluation.world import join_world

    if dataset.name != MINI or torch.cuda.is_available() or join_world().size > 1:
        return 1
    return min(os.cpu_count() or 1, len(dataset.annotations))


def _tester(
    options: argparse.Namespace,
    label: str,
    tracker: argparse.Namespace,
    dataset: "VotDataset",
    protocol: "Protocol",
    workers: int,
) -> "VOTTester":
    from votTester.vot import VOTTester

    return VOTTester(
        tracker_of(tracker),
        label,
        [dataset],
        results=options.results,
        repetitions=options.repetitions,
        seed=options.seed,
        workers=workers,
        force=options.force,
        protocol=protocol,
    )


def _protocol(options: argparse.Namespace) -> "Protocol":
    """The requested protocol, or the default."""
    if options.protocol is None:
        from votTester.protocol import Resets

        return Resets(options.repetitions)
    if options.repetitions != 1:
        raise SettingsError(f"{options.protocol} says itself how often it repeats; leave --repetitions out")
    if options.save_video:
        raise SettingsError("--save-video shows runs of the reset protocol; leave it or --protocol out")
    from votTester.stacks import StackProtocol

    return StackProtocol(options.protocol)


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "python run_vot_test.py",
        "Test a tracker on a VOT dataset: with resets (accuracy, robustness, EAO), or by another --protocol.",
        EXAMPLES,
    )
    add = parser.add_argument
    add(
        "--dataset",
        metavar="NAME|PATH",
        help="vot2018, vot2016, vot2019, mini, a folder in VOT layout, or (with --evaluate-only) a JSON annotation "
        "file; default: vot2018, or mini if vot2018 is not set",
    )
    add(
        "--protocol",
        metavar="NAME",
        help="a stack of vot-toolkit, such as vot2022/shortterm (multi-start), vot2022/longterm, vots2024 (several "
        "objects) or vots2025/realtime; default: the reset protocol of VOT2016 to 2019",
    )
    add_tracker_options(parser, checkpoints="+")
    add(
        "--name",
        nargs="+",
        default=["result_0"],
        help="name of the results (result_0); with --evaluate-only, also several names or paths of result folders",
    )
    add(
        "--compare",
        nargs="+",
        default=[],
        metavar="TRACKER",
        help="other trackers, as --tracker names them, to run unchanged and show in the same report; "
        "their results are named after them, such as opencv_csrt, and kept for the next comparison",
    )
    add("--sequences", nargs="+", metavar="NAME", help="only these sequences")
    add_strict_argument(parser)
    add_workers_argument(parser, None, "1; on the mini set without a GPU, a process for each core")
    add("--repetitions", type=int, default=1, metavar="N", help="runs over each sequence (%(default)s)")
    add("--seed", type=int, default=0, metavar="N", help="of the random numbers (%(default)s)")
    add_results_argument(parser)
    add("--evaluate-only", action="store_true", help="only compute the numbers of finished results")
    add("--save-video", action="store_true", help="also write a video of each sequence")
    add_force_argument(parser)
    return parser
