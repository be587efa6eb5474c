import numpy as np
import pytest

from libs.dataset.readers.tlp import load_tlp
from libs.utils.errors import DataError


def test_lost_targets_are_absent(tmp_path, write_numbered):
    write_numbered(tmp_path / "Alladin" / "img", [1, 2], digits=5)
    (tmp_path / "Alladin" / "groundtruth_rect.txt").write_text("1,593,186,83,265,0\n2,594,186,83,265,1\n")
    (sequence,) = load_tlp(tmp_path)
    assert sequence.name == "Alladin"
    assert sequence.regions[0].tolist() == [593, 186, 83, 265]
    assert np.isnan(sequence.regions[1]).all()


def test_a_line_of_four_numbers_is_not_this_layout(tmp_path, write_numbered):
    write_numbered(tmp_path / "Alladin" / "img", [1], digits=5)
    (tmp_path / "Alladin" / "groundtruth_rect.txt").write_text("593,186,83,265\n")
    with pytest.raises(DataError, match="line 1: expected 6 numbers"):
        load_tlp(tmp_path)
