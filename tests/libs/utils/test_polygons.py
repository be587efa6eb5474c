import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.utils.errors import DataError
from libs.utils.polygons import (
    check_polygon,
    polygon_area,
    polygon_centre,
    polygon_to_box,
    polygon_to_mask,
    preserve_area_box,
    region_to_polygon,
)

DIAMOND = np.array([[4.0, 0], [8, 3], [4, 6], [0, 3]])


def rectangle(centre, width, height, angle):
    cos, sin = math.cos(angle), math.sin(angle)
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2
    return corners @ np.array([[cos, sin], [-sin, cos]]) + centre


def test_diamond_by_hand():
    assert polygon_area(DIAMOND) == 24
    assert polygon_area(DIAMOND[::-1]) == 24
    assert polygon_area(DIAMOND + 1e9) == 24
    np.testing.assert_array_equal(polygon_centre(DIAMOND), [4, 3])
    np.testing.assert_array_equal(polygon_to_box(DIAMOND), [0, 0, 8, 6])
    # area 24 in a box of 8 x 6: both sides shrink by sqrt(1/2)
    s = math.sqrt(0.5)
    np.testing.assert_allclose(preserve_area_box(DIAMOND), [4 - 4 * s, 3 - 3 * s, 8 * s, 6 * s])


def test_upright_rectangle_is_its_own_box():
    np.testing.assert_allclose(preserve_area_box(region_to_polygon((2, 3, 5, 7))), (2, 3, 5, 7))


@given(st.floats(0, math.pi), st.floats(2, 80), st.floats(2, 80), st.floats(-50, 50))
def test_the_box_keeps_area_and_centre(angle, width, height, x):
    polygon = rectangle((x, 7), width, height, angle)
    box = preserve_area_box(polygon)
    assert box[2] * box[3] == pytest.approx(width * height)
    np.testing.assert_allclose(box[:2] + box[2:] / 2, (x, 7), atol=1e-9)


def test_a_line_gives_its_bounding_box():
    line = np.array([[1.0, 2], [5, 2], [5, 2], [1, 2]])
    np.testing.assert_array_equal(preserve_area_box(line), [1, 2, 4, 0])
    assert not polygon_to_mask(line, (9, 9)).any()


def test_mask_of_a_box_covers_its_pixels():
    mask = polygon_to_mask(region_to_polygon((2, 3, 4, 5)), (12, 10))
    expected = np.zeros((12, 10), bool)
    expected[3:8, 2:6] = True
    np.testing.assert_array_equal(mask, expected)


def test_mask_counts_centres_left_and_top_edges_included():
    assert polygon_to_mask(region_to_polygon((0.5, 0.5, 1, 1)), (3, 3)).sum() == 1
    assert polygon_to_mask(region_to_polygon((0.51, 0.5, 0.9, 1)), (3, 3)).sum() == 0


@pytest.mark.parametrize("angle", [0.0, 0.3, 1.0, 2.2, 3.0])
@pytest.mark.parametrize("centre", [(40, 30), (2, 3), (79, 58)])
def test_mask_against_half_planes(angle, centre):
    polygon = rectangle(centre, 33.3, 17.7, angle)
    rows, columns = np.mgrid[:60, :80] + 0.5
    offset = np.stack([columns, rows], -1) - centre
    along = offset @ [math.cos(angle), math.sin(angle)]
    across = offset @ [-math.sin(angle), math.cos(angle)]
    inside = (np.abs(along) < 33.3 / 2) & (np.abs(across) < 17.7 / 2)
    np.testing.assert_array_equal(polygon_to_mask(polygon, (60, 80)), inside)
    np.testing.assert_array_equal(polygon_to_mask(polygon[::-1], (60, 80, 3)), inside)


def test_mask_outside_the_image_is_empty():
    assert not polygon_to_mask(DIAMOND + 500, (60, 80)).any()
    assert not polygon_to_mask(DIAMOND - 500, (60, 80)).any()
    assert polygon_to_mask(region_to_polygon((-1e6, -1e6, 2e6, 2e6)), (6, 8)).all()


def test_regions():
    np.testing.assert_array_equal(region_to_polygon([1, 2, 3, 4]), [[1, 2], [4, 2], [4, 6], [1, 6]])
    np.testing.assert_array_equal(region_to_polygon(range(8)), [[0, 1], [2, 3], [4, 5], [6, 7]])
    np.testing.assert_array_equal(region_to_polygon(DIAMOND), DIAMOND)


@pytest.mark.parametrize("region", [[1, 2, 3], [], "text", [1, 2, 3, 4, 5, 6], [[1], [2, 3]]])
def test_bad_regions_are_refused(region):
    with pytest.raises(DataError, match="region"):
        region_to_polygon(region)


def test_polygons_that_touch_the_image_pass():
    np.testing.assert_array_equal(check_polygon(list(DIAMOND.ravel() - 3), (50, 60, 3)), DIAMOND - 3)


@pytest.mark.parametrize(
    ("polygon", "message"),
    [
        (np.full((4, 2), np.nan), "not finite"),
        ([[0, 0], [1, 0], [1, 1]], "not four corners"),
        ("text", "not four corners"),
        ([[0, 0], [1, 1], [2, 2], [3, 3]], "no area"),
        (DIAMOND + 100, "outside the image of 60 x 50"),
    ],
)
def test_bad_polygons_are_refused(polygon, message):
    with pytest.raises(DataError, match=message):
        check_polygon(polygon, (50, 60))
