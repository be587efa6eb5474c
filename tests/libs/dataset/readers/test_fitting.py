import numpy as np
import pytest

from libs.dataset.readers.fitting import fit_boxes, hide, read_flags, read_frame_ranges
from libs.utils.errors import DataError


def test_flags_stand_in_one_line_or_several(tmp_path):
    (tmp_path / "line.txt").write_text("0,1,0\n")
    (tmp_path / "lines.txt").write_text("0\n1\n0\n")
    for name in ("line.txt", "lines.txt"):
        assert read_flags(tmp_path / name, 3).tolist() == [0, 1, 0]
    with pytest.raises(DataError, match="expected 4 numbers"):
        read_flags(tmp_path / "line.txt", 4)


def test_flags_hide_boxes(tmp_path):
    (tmp_path / "flags.txt").write_text("0\n1\n")
    boxes = hide(np.ones((2, 4)), tmp_path / "absent.txt", tmp_path / "flags.txt")
    assert np.isnan(boxes).all(axis=1).tolist() == [False, True]


def test_a_single_box_is_the_first_frame_of_a_test_set():
    padded = fit_boxes(np.array([[1.0, 2, 3, 4]]), 3, "truth.txt")
    assert padded[0].tolist() == [1, 2, 3, 4]
    assert np.isnan(padded[1:]).all()
    assert padded.shape == (3, 4)
    with pytest.raises(DataError, match=r"truth\.txt has 2 boxes for 3 images"):
        fit_boxes(np.zeros((2, 4)), 3, "truth.txt")


def test_uav123_ranges_have_the_published_number_of_sequences_in_shared_videos():
    ranges = read_frame_ranges("uav123_frames")
    videos = {name.rpartition("_")[0] for name in ranges}
    assert (len(ranges), len(videos)) == (51, 19)
    assert ranges["bird1_2"] == (775, 1477)
    # Every sixth frame of the original videos was annotated: all ranges start and end at one of them.
    assert all(number % 6 == 1 for frames in ranges.values() for number in frames)


def test_otb_ranges():
    assert read_frame_ranges("otb_frames") == {
        "David": (300, 770),
        "Diving": (1, 215),
        "Football1": (1, 74),
        "Freeman3": (1, 460),
        "Freeman4": (1, 283),
    }
