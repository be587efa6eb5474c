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


def test_what_has_frames_or_a_box_only_is_left_out_by_name(tmp_path, write_numbered):
    for name in ("a", "b"):
        write_numbered(tmp_path / "frames" / name, range(2), digits=1)
    (tmp_path / "anno").mkdir()
    for name in ("a", "c"):
        (tmp_path / "anno" / f"{name}.txt").write_text("1,2,3,4\n")
    with pytest.warns(UserWarning, match=r"2 of 3 sequences .* left out \(b: .*b.txt is missing.*c: .*c is missing"):
        assert [sequence.name for sequence in load_trackingnet(tmp_path)] == ["a"]
