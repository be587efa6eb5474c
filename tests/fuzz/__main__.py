"""The fuzzer's command line: `python -m tests.fuzz --help`."""

import argparse
import pathlib
import sys
import time

from tqdm import tqdm

from libs.utils.command_line import run_command
from libs.utils.errors import DataError
from tests.fuzz.runner import replay, run_target
from tests.fuzz.targets import GROUPS, TARGETS, shares

EXAMPLES = """examples, from the repository's root:
  python -m tests.fuzz --count 1000                        1,000 inputs of every group
  python -m tests.fuzz --count 100000 --only groundtruth results annotations parameters
  python -m tests.fuzz --count 10000 --only images checkpoints --seed 7
  python -m tests.fuzz --count 5000 --only vot             one target
  python -m tests.fuzz --replay results/fuzz/vot-4711      an input that found a fault, with its traceback
"""


def main(arguments=None):
    """Run the command line. Returns the exit status: 0; 1 when a fault was found; 2 on bad input; 130 on Ctrl-C."""
    return run_command(_run, _parser().parse_args(arguments))


def _run(options):
    if not options.replay:
        return _fuzz(options)
    if not (options.replay / "about.json").is_file():
        raise DataError(f"{options.replay} holds no input that was kept")
    replay(options.replay)
    return 0


def _fuzz(options):
    chosen = options.only or list(GROUPS)
    outcomes, start = {}, time.monotonic()
    for group in chosen:
        counts = shares(GROUPS.get(group) or {group: TARGETS[group]}, options.count)
        for name, count in counts.items():
            with tqdm(total=count, desc=name, unit="input", dynamic_ncols=True, file=sys.stderr) as bar:
                outcomes[name] = run_target(name, count, options.seed, options.output, bar.update)
    print(_table(outcomes, time.monotonic() - start))
    faults = sum(outcome.faults.total() for outcome in outcomes.values())
    if faults:
        print(f"inputs that found faults are kept in {options.output}; read one again with --replay")
    return 1 if faults else 0


def _table(outcomes, seconds):
    lines = [f"{'target':<16}{'inputs':>9}{'read':>9}{'refused':>9}{'faults':>8}{'seconds':>9}"]
    for name, outcome in outcomes.items():
        lines.append(_row(name, outcome.accepted, outcome.refused, outcome.faults.total(), outcome.seconds))
        lines += [f"    {count} x {what}" for what, count in outcome.faults.most_common()]
    every = outcomes.values()
    lines.append(
        _row(
            "total",
            sum(outcome.accepted for outcome in every),
            sum(outcome.refused for outcome in every),
            sum(outcome.faults.total() for outcome in every),
            seconds,
        )
    )
    return "\n".join(lines)


def _row(name, accepted, refused, faults, seconds):
    return f"{name:<16}{accepted + refused + faults:>9,}{accepted:>9,}{refused:>9,}{faults:>8,}{seconds:>9.0f}"


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description="Reads damaged files; whatever comes of one but its content or a documented error is a fault.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--count", type=int, default=1000, metavar="N", help="inputs of each group (%(default)s)")
    add(
        "--only",
        nargs="+",
        choices=[*GROUPS, *TARGETS],
        metavar="NAME",
        help=f"groups ({', '.join(GROUPS)}) or targets ({', '.join(TARGETS)})",
    )
    add("--seed", type=int, default=0, metavar="N", help="another one gives other inputs (%(default)s)")
    add(
        "--output",
        type=pathlib.Path,
        default=pathlib.Path("results/fuzz"),
        metavar="FOLDER",
        help="where inputs that found faults are kept (%(default)s)",
    )
    add("--replay", type=pathlib.Path, metavar="FOLDER", help="read one of them again")
    return parser


if __name__ == "__main__":
    sys.exit(main())
