import pytest

from libs.utils.errors import DataError
from pytracking.analysis.shared import notes_on, shared_names


def test_what_all_have_finished_in_the_datasets_order():
    names, notes = shared_names({"one": ["c", "a"], "two": {"a", "b", "c"}}, ["a", "b", "c"], "tiny")
    assert names == ["a", "c"]
    assert notes == ["over the 2 of 3 sequences that all have finished, without b"]


def test_one_tracker_is_compared_with_nothing():
    assert shared_names({"one": ["c"]}, ["a", "c"], "tiny") == (["a", "c"], [])


def test_nothing_in_common_is_an_error():
    with pytest.raises(DataError, match="no sequence of tiny is finished by all: of 3, one has 1, two has 0"):
        shared_names({"one": ["c"], "two": []}, ["a", "b", "c"], "tiny")


def test_long_lists_are_cut():
    (note,) = notes_on(list("abcdefghijkl"), ["a"])
    assert note.endswith("without b, c, d, e, f, g, h, i, ...")
