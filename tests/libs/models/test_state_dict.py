import pytest
import torch

from libs.models.state_dict import check_state_dict
from libs.utils.errors import CheckpointError

EXPECTED = {"a": torch.zeros(2, 3), "b": torch.zeros(4), "c": torch.zeros(1)}


def test_equal_names_and_shapes_pass():
    check_state_dict({name: value.half() for name, value in EXPECTED.items()}, EXPECTED, "file")


def test_every_problem_is_listed():
    given = {"a": torch.zeros(3, 2), "c": torch.zeros(()), "d": torch.zeros(1), "e": torch.zeros(1)}
    with pytest.raises(CheckpointError) as info:
        check_state_dict(given, EXPECTED, "file.pth")
    lines = str(info.value).splitlines()
    assert lines[0].startswith("file.pth does not fit")
    assert lines[1:] == [
        "  missing: b (4,)",
        "  unexpected: d",
        "  unexpected: e",
        "  shape: a is (3, 2), the network has (2, 3)",
        "  shape: c is (), the network has (1,)",
    ]
