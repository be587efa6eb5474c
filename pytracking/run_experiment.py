"""Run an experiment file: `python pytracking/run_experiment.py --help`."""

import argparse
import sys

from libs.utils.command_line import command_parser, run_command
from pytracking.evaluation.command_line import add_change_options, add_run_arguments, overrides_of, run_options

EXAMPLES = """examples:
  python pytracking/run_experiment.py examples dmb_against_ncc
  python pytracking/run_experiment.py examples dmb_three_runs --workers 4
  python pytracking/run_experiment.py ./mine.py ablation --set memory_interval=3

An experiment is a function in a file of pytracking/experiments that returns (trackers, dataset):

  def mine():
      return trackerlist("DMB", "DMB_default_params", range(3)), get_dataset("otb", "nfs")
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns 0; 1 if a sequence failed; 2 on bad input; 130 on Ctrl-C."""
    return run_command(_run, _parser().parse_args(arguments), goes_on=True)


def _run(options: argparse.Namespace) -> int:
    # Late, because these take seconds to import, which --help should not.
    from pytracking.evaluation.experiment import change_all, load_experiment
    from pytracking.evaluation.running import report_failures, run_dataset

    trackers, sequences = load_experiment(options.module, options.function)()
    trackers = change_all(trackers, overrides_of(options))
    return report_failures(run_dataset(sequences, trackers, **run_options(options)))


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "python pytracking/run_experiment.py", "Run the trackers of an experiment over its datasets.", EXAMPLES
    )
    parser.add_argument(
        "module", metavar="MODULE", help="file in pytracking/experiments, without .py, or the path of any"
    )
    parser.add_argument("function", metavar="FUNCTION", help="function in it that returns (trackers, dataset)")
    add_change_options(parser)
    add_run_arguments(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
