"""Calls at once, in threads."""

import threading

import pytest
import torch

from pytracking.tracker.base.side_by_side import map_side_by_side


def test_calls_run_at_once_and_what_they_give_keeps_its_order():
    meeting = threading.Barrier(2, timeout=20)

    def double(number):
        meeting.wait()
        return 2 * number

    assert map_side_by_side(double, [3, 1, 2, 5], 2) == [6, 2, 4, 10]


@pytest.mark.parametrize(("items", "at_once"), [([1, 2], 1), ([1], 4), ([], 4)])
def test_one_at_a_time_stays_in_this_thread(items, at_once):
    threads = map_side_by_side(lambda _: threading.current_thread(), items, at_once)
    assert set(threads) <= {threading.current_thread()}


def test_calls_share_the_threads_of_torch_which_keeps_its_own():
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        assert map_side_by_side(lambda _: torch.get_num_threads(), [1, 2], 2) == [2, 2]
        assert torch.get_num_threads() == 4
        found = []
        thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert found == [4]
    finally:
        torch.set_num_threads(before)


def test_what_fails_is_raised_when_all_that_began_have_ended():
    ended = []
    meeting = threading.Barrier(2, timeout=20)

    def work(number):
        meeting.wait()
        if number == 0:
            raise ValueError("first")
        ended.append(number)

    with pytest.raises(ValueError, match="first"):
        map_side_by_side(work, [0, 1], 2)
    assert ended == [1]
