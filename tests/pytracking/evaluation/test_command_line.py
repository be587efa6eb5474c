import argparse

import pytest

from pytracking.evaluation.command_line import add_run_arguments, add_workers_argument, run_options


@pytest.mark.parametrize(("typed", "workers"), [("0", 1), ("1", 1), ("4", 4)])
def test_no_threads_are_one_process(typed, workers):
    parser = argparse.ArgumentParser()
    add_workers_argument(parser)
    assert parser.parse_args(["--threads", typed]).workers == workers


def test_what_a_run_over_a_dataset_is_told():
    parser = argparse.ArgumentParser()
    add_run_arguments(parser)
    usual = {"debug": 0, "max_objects": 20, "workers": 1, "force": False, "results": None}
    assert run_options(parser.parse_args([])) == usual
    assert run_options(parser.parse_args(["--max_objects", "45"]))["max_objects"] == 45
