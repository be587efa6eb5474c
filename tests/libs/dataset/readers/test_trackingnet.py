import numpy as np
import pytest

from libs.dataset.readers.trackingnet import load_trackingnet
from libs.utils.errors import DataError


def test_frames_are_ordered_by_number_and_only_the_first_has_a_box(tmp_path, write_numbered):
    write_numbered(tmp_path / "TEST" / "frames" / "0-6LB4FqxoE_0", range(12), digits=1)
    (tmp_path / "TEST" / "anno").mkdir()
    (tmp_path / "TEST" / "anno" / "0-6LB4FqxoE_0.txt").write_text("1.5,2,3,4\n")
    for folder in (tmp_path, tmp_path / "TEST"):
        (sequence,) = load_trackingnet(folder)
        assert [int(frame.stem) for frame in sequence.frames] == list(range(12))
        assert sequence.regions[0].tolist() == [1.5, 2, 3, 4]
        assert np.isnan(sequence.regions[1:]).all()


def test_missing_frames_are_named(tmp_path):
    (tmp_path / "anno").mkdir()
    (tmp_path / "anno" / "a.txt").write_text("1,2,3,4\n")
    with pytest.raises(DataError, match=r"frames.a is missing"):
        load_trackingnet(tmp_path)
