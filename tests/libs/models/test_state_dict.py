import pytest
import torch

from libs.models.state_dict import check_state_dict, find_state_dict
from libs.utils.errors import CheckpointError

EXPECTED = {"a": torch.zeros(2, 3), "b": torch.zeros(4), "c": torch.zeros(1)}


def test_equal_names_and_shapes_pass():
    check_state_dict({name: value.half() for name, value in EXPECTED.items()}, EXPECTED, "file")


def test_the_innermost_state_dict_counts_and_one_within_itself_ends():
    assert find_state_dict({"state_dict": {"net": EXPECTED, "epoch": 3}, "best": 0.5}) is EXPECTED
    assert find_state_dict(EXPECTED) is EXPECTED
    endless = {}
    endless["net"] = endless
    assert find_state_dict(endless) is endless


def test_problems_are_listed_by_kind():
    given = {"a": torch.zeros(3, 2), "c": torch.zeros(()), "d": torch.zeros(1), "e": torch.zeros(1)}
    with pytest.raises(CheckpointError) as info:
        check_state_dict(given, EXPECTED, "file.pth")
    lines = str(info.value).splitlines()
    assert lines[0].startswith("file.pth does not fit the network: 0 of its 4 entries do, and the network has 3;")
    assert lines[1:] == [
        "  missing: b (4,)",
        "  unexpected: d",
        "  unexpected: e",
        "  shape: a is (3, 2), the network has (2, 3)",
        "  shape: c is (), the network has (1,)",
    ]


def test_many_problems_fit_on_a_screen():
    given = {f"old{number:03d}": torch.zeros(1) for number in range(300)} | {"a": EXPECTED["a"]}
    expected = {f"new{number:03d}": torch.zeros(2) for number in range(400)} | {"a": EXPECTED["a"]}
    with pytest.raises(CheckpointError) as info:
        check_state_dict(given, expected, "file.pth")
    lines = str(info.value).splitlines()
    assert "1 of its 301 entries do, and the network has 401" in lines[0]
    assert lines[1:] == [
        *(f"  missing: new{number:03d} (2,)" for number in range(5)),
        "  missing: 395 more",
        *(f"  unexpected: old{number:03d}" for number in range(5)),
        "  unexpected: 295 more",
    ]
