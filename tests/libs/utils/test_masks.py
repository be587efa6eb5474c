import numpy as np
import pytest

from libs.utils.errors import DataError
from libs.utils.masks import box_to_mask, check_mask, dilate, join_masks, largest_component, mask_to_box, place_mask


def test_box_of_a_mask_and_back():
    mask = box_to_mask((3, 4, 5, 2), (10, 12))
    assert mask.sum() == 10
    np.testing.assert_array_equal(mask_to_box(mask), [3, 4, 5, 2])


def test_box_of_one_pixel_and_of_none():
    mask = np.zeros((5, 6), np.uint8)
    assert mask_to_box(mask) is None
    mask[2, 4] = 255
    np.testing.assert_array_equal(mask_to_box(mask), [4, 2, 1, 1])


def test_largest_component():
    mask = np.zeros((20, 20), bool)
    mask[2:5, 2:5] = mask[5, 5] = True  # joined at a corner: 10 pixels
    mask[10:13, 10:13] = True
    largest = largest_component(mask, min_area=9)
    assert largest.sum() == 10
    assert largest[5, 5]
    assert not largest_component(mask, min_area=10).any()
    assert not largest_component(np.zeros((4, 4), bool)).any()


def test_largest_component_takes_soft_masks_and_views():
    mask = np.zeros((20, 20), np.float32)
    mask[4:8, 4:8] = 0.2
    assert largest_component(mask.T[::2]).sum() == 8


def test_dilate_by_a_disc():
    mask = np.zeros((11, 11), bool)
    mask[5, 5] = True
    rows, columns = np.mgrid[:11, :11] - 5
    np.testing.assert_array_equal(dilate(mask, 3), rows**2 + columns**2 <= 9)
    np.testing.assert_array_equal(dilate(mask, 0), mask)


@pytest.mark.parametrize(
    ("offset", "rows", "columns"),
    [
        ((2, 1), (1, 4), (2, 4)),
        ((-1, -2), (0, 1), (0, 1)),
        ((5, 3), (3, 5), (5, 6)),
        ((-2, 0), (0, 0), (0, 0)),
        ((6, 0), (0, 0), (0, 0)),
        ((0, -9), (0, 0), (0, 0)),
    ],
)
def test_a_part_of_a_mask_lies_at_its_offset_as_far_as_the_image_reaches(offset, rows, columns):
    expected = np.zeros((5, 6), dtype=bool)
    expected[slice(*rows), slice(*columns)] = True
    np.testing.assert_array_equal(place_mask(np.full((3, 2), 7, np.uint8), offset, (5, 6, 3)), expected)


def test_a_part_larger_than_the_image_covers_it():
    part = np.arange(20 * 30).reshape(20, 30) % 7
    np.testing.assert_array_equal(place_mask(part, (-11, -4), (5, 6)), part[4:9, 11:17] > 0)


def test_check_mask():
    mask = np.zeros((5, 6), np.uint8)
    mask[1, 2] = 7
    checked = check_mask(mask, (5, 6, 3))
    assert checked.dtype == bool
    assert checked.sum() == 1


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((6, 5)), r"shape \(6, 5\) for an image of shape \(5, 6\)"),
        (np.ones((5, 6, 1)), "shape"),
        (np.zeros((5, 6)), "empty"),
        (np.full((5, 6), np.nan), "not finite"),
    ],
)
def test_bad_masks_are_refused(mask, message):
    with pytest.raises(DataError, match=message):
        check_mask(mask, (5, 6, 3))


def test_the_smaller_object_has_the_pixels_that_two_claim():
    large, small = np.zeros((4, 4), dtype=bool), np.zeros((4, 4), dtype=bool)
    large[:3], small[2:] = True, True
    assert join_masks({1: large, 2: small})[:, 0].tolist() == [1, 1, 2, 2]
    assert join_masks({2: large, 1: small})[:, 0].tolist() == [2, 2, 1, 1]
    # Equally large: the lower number.
    assert join_masks({3: small, 1: small})[:, 0].tolist() == [0, 0, 1, 1]


def test_masks_of_other_sizes_are_not_joined():
    with pytest.raises(DataError, match="mask of shape"):
        join_masks({1: np.zeros((4, 4), dtype=bool), 2: np.zeros((4, 5), dtype=bool)})
