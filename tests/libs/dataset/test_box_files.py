import numpy as np
import pytest

from libs.dataset import box_files
from libs.utils.errors import DataError


@pytest.mark.parametrize("line", ["1,2,3,4", "1\t2\t3\t4", "1 2 3 4", " 1.0, 2.0,\t3.0 4.0 ", "1;2;3;4"])
def test_numbers_are_parted_by_anything(tmp_path, line):
    (tmp_path / "truth.txt").write_text(f"{line}\r\n5,6,7,8\n\n")
    assert box_files.read_boxes(tmp_path / "truth.txt").tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_one_based_boxes_lose_one_in_x_and_y_only(tmp_path):
    (tmp_path / "truth.txt").write_text("1,1,3,4\n")
    assert box_files.read_boxes(tmp_path / "truth.txt", one_based=True).tolist() == [[0, 0, 3, 4]]


def test_boxes_without_area_or_number_are_absent(tmp_path):
    (tmp_path / "truth.txt").write_text("1,2,3,4\nNaN,NaN,NaN,NaN\n0,0,0,0\n5,5,-1,3\n5,5,inf,3\n")
    boxes = box_files.read_boxes(tmp_path / "truth.txt")
    assert boxes[0].tolist() == [1, 2, 3, 4]
    assert np.isnan(boxes[1:]).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "truth.txt is empty"),
        ("1,2,3,4\n1,2,3\n", "line 2: expected 4 numbers"),
        ("1,2,3,x\n", "line 1: expected 4 numbers"),
        ("1,2,3,4,5,6,7,8\n", "line 1: expected 4 numbers"),
        ("1,2,3,4\n\n5,6,7,8\n", "line 2: expected 4 numbers"),
    ],
)
def test_malformed_files_name_their_line(tmp_path, text, message):
    (tmp_path / "truth.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        box_files.read_boxes(tmp_path / "truth.txt")


def test_labels_in_quotation_marks_are_left_out(tmp_path):
    (tmp_path / "table.txt").write_text('0 1 2 "a bird 7"\n0 3 4 "a bird"\n')
    assert box_files.read_table(tmp_path / "table.txt", 3).tolist() == [[0, 1, 2], [0, 3, 4]]


def test_flags_stand_in_one_line_or_several(tmp_path):
    (tmp_path / "line.txt").write_text("0,1,0\n")
    (tmp_path / "lines.txt").write_text("0\n1\n0\n")
    for name in ("line.txt", "lines.txt"):
        assert box_files.read_flags(tmp_path / name, 3).tolist() == [0, 1, 0]
    with pytest.raises(DataError, match="expected 4 numbers"):
        box_files.read_flags(tmp_path / "line.txt", 4)


def test_a_single_box_is_the_first_frame_of_a_test_set():
    padded = box_files.pad_unannotated(np.array([[1.0, 2, 3, 4]]), 3, "truth.txt")
    assert padded[0].tolist() == [1, 2, 3, 4]
    assert np.isnan(padded[1:]).all()
    assert padded.shape == (3, 4)
    with pytest.raises(DataError, match=r"truth\.txt has 2 boxes for 3 images"):
        box_files.pad_unannotated(np.zeros((2, 4)), 3, "truth.txt")


def test_uav123_ranges_have_the_published_number_of_sequences_in_shared_videos():
    ranges = box_files.read_frame_ranges("uav123_frames")
    videos = {name.rpartition("_")[0] for name in ranges}
    assert (len(ranges), len(videos)) == (51, 19)
    assert ranges["bird1_2"] == (775, 1477)
    # Every sixth frame of the original videos was annotated: all ranges start and end at one of them.
    assert all(number % 6 == 1 for frames in ranges.values() for number in frames)


def test_otb_ranges():
    assert box_files.read_frame_ranges("otb_frames") == {
        "David": (300, 770),
        "Diving": (1, 215),
        "Football1": (1, 74),
        "Freeman3": (1, 460),
        "Freeman4": (1, 283),
    }
