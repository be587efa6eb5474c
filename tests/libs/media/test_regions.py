import numpy as np
import pytest

from libs.media.regions import BOX, REGION, format_region, parse_region, parse_rows, read_boxes, read_regions, read_rows
from libs.utils.errors import DataError


@pytest.fixture
def truth(tmp_path):
    """Writes a file: `truth(text)`; returns its path."""

    def write(text, encoding="utf-8"):
        (tmp_path / "truth.txt").write_bytes(text.encode(encoding))
        return tmp_path / "truth.txt"

    return write


def parse(*lines, counts=REGION):
    return parse_rows(lines, counts, [f"file, line {number}" for number in range(1, len(lines) + 1)])


@pytest.mark.parametrize(
    "line",
    ["1,2,3,4", "1\t2\t3\t4", "1 2 3 4", "1.0, 2.0,\t3.0 4.0", "1;2;3;4", "1,2,3,4,", "1 2 3 4 ;", "+1 2. 3e0 4"],
)
def test_numbers_are_parted_by_anything(line):
    assert parse(line) == [(1, 2, 3, 4)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("ending", ["", "\n", "\n\n", "\r\n", "\n  \n\n"])
def test_encodings_and_blank_lines_at_the_end_do_not_hurt(truth, encoding, ending):
    path = truth("1,2,3,4\r\n5,6,7,8" + ending, encoding)
    assert read_boxes(path).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "1,2,3",
        "1,2,3,4,5,6",
        "1,2,3,four",
        "1_0,2,3,4",
        "1,,2,3,4",
        ",1,2,3",
        "0x1,2,3,4",
        "m0,0,5,5,2,3",
        "1 2 3 ٤",
    ],
)
def test_what_is_no_region_is_named(line):
    with pytest.raises(DataError, match="file, line 2: expected 4 or 8 numbers"):
        parse("1,2,3,4", line)


def test_a_decimal_comma_is_read_where_it_can_be_nothing_else():
    assert parse("198,5;214;34;81") == [(198.5, 214, 34, 81)]
    assert parse("1,5;2,5;3,5;4,5", "1;2,25;3;4") == [(1.5, 2.5, 3.5, 4.5), (1, 2.25, 3, 4)]
    assert parse("1,5\t2,5\t3,5\t4,5", counts=BOX) == [(1.5, 2.5, 3.5, 4.5)]
    assert parse(" ".join(["1,5"] * 8)) == [(1.5,) * 8]


@pytest.mark.parametrize("line", ["1,5;2,5;3,5;4,5", "1,5 2,5 3,5 4,5", "1,5, 2,5, 3,5, 4,5"])
def test_a_line_of_two_meanings_is_refused(line):
    with pytest.raises(DataError, match="4 numbers with decimal commas or 8 with commas between them"):
        parse(line)
    # With a decimal point somewhere, commas part.
    assert len(parse(line + ".0")[0]) == 8


def test_commas_mean_one_thing_in_all_lines():
    with pytest.raises(DataError, match="file, line 2: commas are decimal commas here and separators in"):
        parse("1,2,3,4", "1,5;2;3;4")


def test_absent_targets(truth):
    path = truth("1,2,3,4\nNaN,NaN,NaN,NaN\n0,0,0,0\n5,5,-1,3\n5,5,inf,3\n")
    boxes = read_boxes(path)
    assert boxes[0].tolist() == [1, 2, 3, 4]
    assert np.isnan(boxes[1:]).all()
    assert [np.isnan(region).all() for region in read_regions(path)] == [False, True, True, True, True]
    assert np.isnan(read_regions(truth("1,1,2,2,3,3,4,4"))[0]).tolist() == [True] * 4


def test_the_first_pixel_moves_x_and_y_only(truth):
    assert read_boxes(truth("1,1,3,4\n"), first_pixel=1).tolist() == [[0, 0, 3, 4]]
    assert format_region(np.array([0, 0, 3, 4]), ",", first_pixel=1) == "1.0000,1.0000,3.0000,4.0000"
    corners = np.array([[0, 1], [2, 3], [4, 5], [6, 7]])
    assert format_region(corners, " ", 1) == " ".join(f"{number}.0000" for number in range(1, 9))


def test_written_regions_are_read_back(truth):
    region = np.array([1.25, -2, 3.0001, 4])
    assert parse_region(format_region(region), "here").tolist() == region.tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "truth.txt is empty"),
        ("1,2,3,4\n1,2,3\n", "line 2: expected 4 numbers"),
        ("1,2,3,4,5,6,7,8\n", "line 1: expected 4 numbers"),
        ("1,2,3,4\n\n5,6,7,8\n", "line 2: expected 4 numbers"),
        ("x,y,w,h\n1,2,3,4\n", "line 1: expected 4 numbers"),
    ],
)
def test_malformed_files_name_their_line(truth, text, message):
    with pytest.raises(DataError, match=message):
        read_boxes(truth(text))


def test_a_header_may_be_passed_over(truth):
    path = truth("x,y,w,h\n1,2,3,4\n")
    assert read_boxes(path, header=True).tolist() == [[1, 2, 3, 4]]
    assert len(read_boxes(truth("nan,nan,nan,nan\n1,2,3,4\n"), header=True)) == 2


def test_labels_in_quotation_marks_are_left_out(truth):
    assert read_rows(truth('0 1 2 "a bird 7"\n0 3 4 "a, bird"\n'), [3]) == [(0, 1, 2), (0, 3, 4)]


def test_regions_of_vot_may_be_masks_and_codes(truth):
    box, mask, none, unseen, polygon = read_regions(truth("1,2,3,4\nm4,5,3,1,1,2\n0\n1\n0,0,5,0,5,5,0,5,\n"))
    assert box.tolist() == [1, 2, 3, 4]
    assert mask.part.tolist() == [[False, True, True]]
    assert np.isnan([none, unseen]).all()
    assert polygon.shape == (8,)
    with pytest.raises(DataError, match=r"truth\.txt, line 2: the runs"):
        read_regions(truth("1,2,3,4\nm4,5,3,1,1\n"))
    with pytest.raises(DataError, match=r"truth\.txt, line 3: expected 4 or 8"):
        read_regions(truth("1,2,3,4\nm4,5,3,1,1,2\n1,2\n"))
