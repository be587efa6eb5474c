import numpy as np
import pytest

from libs.dataset.attributes import add_attributes
from libs.dataset.sequence import Sequence
from libs.utils.errors import DataError


def sequence(name):
    return Sequence(name, [np.zeros((4, 4, 3), dtype=np.uint8)] * 2, [[0, 0, 2, 2]] * 2, tags={"occlusion": [0, 1]})


def test_attributes_hold_in_every_frame(tmp_path):
    (tmp_path / "attributes.csv").write_text("sequence,IV,OCC\na,1,0\nelsewhere,1,1\n")
    first, second = add_attributes([sequence("a"), sequence("b")], tmp_path / "attributes.csv")
    assert first.tags["IV"].tolist() == [True, True]
    assert first.tags["OCC"].tolist() == [False, False]
    assert first.tags["occlusion"].tolist() == [False, True]
    assert "IV" not in second.tags


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the header"),
        ("name,IV\n", "line 1: the header"),
        ("sequence,IV,IV\n", "line 1: the header"),
        ("sequence,IV\na,2\n", "line 2: expected a name and 1 values"),
        ("sequence,IV\na,1\nb\n", "line 3: expected a name and 1 values"),
    ],
)
def test_malformed_tables_name_their_line(tmp_path, text, message):
    (tmp_path / "attributes.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        add_attributes([], tmp_path / "attributes.csv")
