"""The benchmark's command line: `python -m tests.bench --help`."""

import argparse
import ast
import pathlib
import sys

from libs.utils.command_line import run_command
from libs.utils.errors import SettingsError

COMMANDS = ("tracker", "objects", "training", "compare")

EXAMPLES = """examples, from the repository's root ('tracker' may be left out):
  python -m tests.bench tracker                                   the bundled network
  python -m tests.bench tracker --architecture resnet50 --threads 1 --precision bf16
  python -m tests.bench tracker --long --set memory_capacity=40   time and memory up to frame 2,000
  python -m tests.bench objects --objects 2 5 20 --size 1280 720  what further objects cost
  python -m tests.bench training --threads 2
  python -m tests.bench compare before.json after.json
"""


def main(arguments=None):
    """Run the command line. Returns the exit status: 0; 2 on bad input; 130 on Ctrl-C."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if not arguments or arguments[0] not in (*COMMANDS, "-h", "--help"):
        arguments = ["tracker", *arguments]
    options = _parser().parse_args(arguments)
    return run_command(options.run, options)


# Imported inside the commands, because this takes seconds, and --help and compare should not.


def run_tracker(options):
    """Measure the tracker, print the table, write JSON and plot."""
    from tests.bench.networks import timed_network
    from tests.bench.report import format_tracker
    from tests.bench.tracker import measure_tracker

    options.parameters = dict(_parse_assignment(text) for text in options.set)
    with timed_network(options.checkpoint, options.architecture) as network:
        result = measure_tracker(network, options)
    settings = result["settings"]
    stem = options.architecture or pathlib.Path(options.checkpoint).name.split(".")[0]
    _finish(result, format_tracker, options.output, f"{stem}_{settings['device']}_{settings['precision']}")
    return 0


def run_objects(options):
    """Measure several objects, print the table, write JSON and plot."""
    from tests.bench.networks import timed_network
    from tests.bench.objects import measure_objects
    from tests.bench.report import format_objects

    options.parameters = dict(_parse_assignment(text) for text in options.set)
    with timed_network(options.checkpoint) as network:
        result = measure_objects(network, options)
    settings = result["settings"]
    _finish(result, format_objects, options.output, f"objects_{settings['device']}_{settings['precision']}")
    return 0


def run_training(options):
    """Measure the training, print the table, write JSON and plot."""
    from tests.bench.report import format_training
    from tests.bench.training import measure_training

    result = measure_training(options)
    _finish(result, format_training, options.output, f"training_{result['settings']['device']}")
    return 0


def run_comparison(options):
    """Print the ratios of two results."""
    from tests.bench.compare import format_comparison, read_result

    print(format_comparison(read_result(options.first), read_result(options.second)))
    return 0


def _finish(result, format_result, output, name):
    from pytracking.evaluation.environment import results_path
    from tests.bench.report import write_result

    print(format_result(result))
    stem = pathlib.Path(output) if output else pathlib.Path(results_path()) / "bench" / name
    print("written:", *write_result(result, stem))


def _parse_assignment(text):
    """'field=value' as (field, value); the value is a Python literal, or else a string."""
    field, equals, value = text.partition("=")
    if not equals:
        raise SettingsError(f"--set {text}: write FIELD=VALUE, such as memory_capacity=40")
    try:
        return field, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return field, value


def _parser():
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "python -m tests.bench", description=__doc__, epilog=EXAMPLES, formatter_class=formatter
    )
    commands = parser.add_subparsers(metavar="{tracker,objects,training,compare}", required=True)
    _add_tracker_options(commands.add_parser("tracker", help="frames, blocks, initialisation, memory"))
    _add_objects_options(commands.add_parser("objects", help="frames of several objects"))
    _add_training_options(commands.add_parser("training", help="clips per second, wait for data"))
    compare = commands.add_parser("compare", help="ratios of two JSON files of this benchmark")
    compare.add_argument("first", help="JSON file")
    compare.add_argument("second", help="JSON file")
    compare.set_defaults(run=run_comparison)
    return parser


def _add_tracker_options(parser):
    network = parser.add_mutually_exclusive_group()
    _add_checkpoint(network)
    network.add_argument("--architecture", choices=["resnet50"], help="the paper's network with random weights")
    parser.add_argument("--long", action="store_true", help="time and memory at frames 50, 500 and 2,000 too")
    _add_tracking_options(parser, frames=60, size=(640, 360))
    _add_common_options(parser, run_tracker)


def _add_objects_options(parser):
    _add_checkpoint(parser)
    parser.add_argument(
        "--objects", type=_positive, nargs="+", default=[2, 5], metavar="N", help="beside one alone (2 5); at most 20"
    )
    _add_tracking_options(parser, frames=20, size=(1280, 720))
    _add_common_options(parser, run_objects)


def _add_checkpoint(parser):
    parser.add_argument("--checkpoint", default="dmb_lite2.pth.tar", help="path, or name in pytracking/networks")


def _add_tracking_options(parser, frames, size):
    parser.add_argument("--parameter-file", default="DMB_default_params", help="name in pytracking/parameter/DMB")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="change a parameter")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--precision", default="auto", help="auto, fp32, bf16, fp16")
    parser.add_argument(
        "--frames", type=_positive, default=frames, help="frames to time; whole tens are best (%(default)s)"
    )
    parser.add_argument("--warm-up", type=_positive, default=10, help="frames before these (%(default)s)")
    parser.add_argument("--size", type=int, nargs=2, default=size, metavar=("W", "H"), help="of the video, pixels")


def _add_training_options(parser):
    parser.add_argument("--batch-size", type=_positive, default=4, help="clips (%(default)s)")
    parser.add_argument("--crop", type=_positive, default=384, help="pixels (%(default)s)")
    parser.add_argument(
        "--steps", type=_positive, default=4, help="steps to measure, after one to warm up (%(default)s)"
    )
    parser.add_argument("--workers", type=_positive, default=8, help="processes that load data (%(default)s)")
    parser.add_argument("--precision", nargs="+", default=["fp32", "bf16"], help="any of fp32, bf16, fp16")
    _add_common_options(parser, run_training)


def _add_common_options(parser, run):
    parser.add_argument(
        "--threads", type=_positive, help="CPU threads; with 1, CPU time is measured (default: torch's)"
    )
    parser.add_argument("--output", metavar="STEM", help="write STEM.json and STEM.png (default: results/bench/...)")
    parser.set_defaults(run=run)


def _positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
