import numpy as np
import pytest
from vot.region import Mask
from vot.region.io import parse_region

from libs.media.mask_regions import MaskRegion, is_mask_line, parse_mask_line
from libs.utils.errors import DataError

# Three columns, two rows, row by row: background 1, target 2, background 1, target 2.
LINE = "m4,5,3,2,1,2,1,2"
PART = [[False, True, True], [False, True, True]]


def parse(line):
    return parse_mask_line(line, "truth.txt, line 3")


@pytest.mark.parametrize(
    "line", [LINE, LINE + ",", "m 4 5 3 2 1 2 1 2", "m\t4\t5\t3\t2\t1\t2\t1\t2", "m4; 5; 3;2;1;2;1;2"]
)
def test_runs_go_row_by_row_and_begin_with_background(line):
    region = parse(line)
    assert (region.offset, region.size) == ((4, 5), (3, 2))
    assert region.part.tolist() == PART
    mask = region.draw((9, 8))
    assert np.argwhere(mask).tolist() == [[5, 5], [5, 6], [6, 5], [6, 6]]


@pytest.mark.parametrize(
    ("offset", "pixels"),
    [
        ((-1, 0), [[0, 0], [0, 1], [1, 0], [1, 1]]),
        ((-2, -1), [[0, 0]]),
        ((5, 3), [[3, 6], [3, 7]]),
        ((50, 0), []),
        ((-50, -50), []),
    ],
)
def test_what_is_outside_of_the_image_is_cut_off(offset, pixels):
    x, y = offset
    assert np.argwhere(parse(f"m{x},{y},3,2,1,2,1,2").draw((4, 8))).tolist() == pixels


def test_a_mask_larger_than_the_image():
    assert parse("m-10,-10,100,100,0,10000").draw((4, 8)).all()


@pytest.mark.parametrize("line", ["m0,0,0,0,0", "m0,0,0,0", "m3,4,2,2,4"])
def test_empty_masks(line):
    assert not parse(line).draw((4, 8)).any()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("m", "expected a mask"),
        ("m1,2,3", "expected a mask"),
        ("m1,2,3,4,a", "expected a mask"),
        ("m1.5,2,3,4,12", "expected a mask"),
        ("m1_0,2,3,4,12", "expected a mask"),
        ("m1,,2,3,4,12", "expected a mask"),
        ("4,5,3,2,1,2,1,2", "expected a mask"),
        ("m4,5,3,2,1,2,1", r"4 pixels long but it is 3 x 2 = 6; is the file cut short\?"),
        ("m4,5,3,2,1,2,1,3", "7 pixels long but it is 3 x 2 = 6"),
        ("m4,5,3,2,-1,3,2,2", "negative"),
        ("m4,5,-3,-2,6", "negative"),
        ("m0,0,900000,900000,0", "size of 900000 x 900000"),
    ],
)
def test_what_is_no_mask_is_named(line, message):
    with pytest.raises(DataError, match=r"^truth\.txt, line 3: .*" + message):
        parse(line)


@pytest.mark.parametrize("seed", range(5))
def test_lines_are_those_of_the_toolkit(seed):
    rng = np.random.default_rng(seed)
    mask = np.zeros((20, 30), dtype=np.uint8)
    mask[3:12, 7:20] = rng.random((9, 13)) < 0.6
    line = str(MaskRegion.of(mask))
    assert is_mask_line(line)
    assert line == str(Mask(mask, optimize=True))
    theirs = parse_region(line)
    np.testing.assert_array_equal(parse(line).part, theirs.mask)
    np.testing.assert_array_equal(parse(line).draw(mask.shape), mask)


def test_single_pixels_whole_images_and_nothing():
    for mask in (np.eye(4), np.ones((3, 5)), np.zeros((3, 5)), np.pad([[1]], 2)):
        np.testing.assert_array_equal(parse(str(MaskRegion.of(mask))).draw(mask.shape), mask)
    assert str(MaskRegion.of(np.pad([[1]], 2))) == "m2,2,1,1,0,1"
    assert str(MaskRegion.of(np.zeros((3, 5)))) == "m0,0,0,0,0"
