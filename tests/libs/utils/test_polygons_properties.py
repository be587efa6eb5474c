import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.utils.errors import DataError
from libs.utils.polygons import (
    check_region,
    polygon_area,
    polygon_centre,
    polygon_to_box,
    polygon_to_mask,
    preserve_area_box,
    region_to_polygon,
)

quadrilaterals = st.lists(st.floats(-200, 200), min_size=8, max_size=8).map(lambda n: np.array(n).reshape(4, 2))


@st.composite
def rectangles(draw):
    """Rotated rectangles (4, 2) around (50, 40)."""
    width, height, angle = draw(st.floats(3, 60)), draw(st.floats(3, 60)), draw(st.floats(0, math.pi))
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2
    cos, sin = math.cos(angle), math.sin(angle)
    return corners @ np.array([[cos, sin], [-sin, cos]]) + (50, 40)


@given(quadrilaterals, st.integers(0, 3), st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)))
def test_area_does_not_depend_on_first_corner_direction_or_place(polygon, first, shift):
    area = polygon_area(polygon)
    assert 0 <= area <= polygon_to_box(polygon)[2:].prod() * (1 + 1e-9) + 1e-9
    for same in (np.roll(polygon, first, axis=0), polygon[::-1]):
        assert polygon_area(same) == pytest.approx(area, rel=1e-6, abs=1e-6)
    assert polygon_area(polygon + shift) == pytest.approx(area, rel=1e-4, abs=1e-4)


@given(rectangles(), st.floats(0.1, 10))
def test_area_grows_with_the_square_of_the_size(polygon, scale):
    assert polygon_area(polygon * scale) == pytest.approx(polygon_area(polygon) * scale**2)


@given(quadrilaterals)
def test_the_bounding_box_touches_all_sides_and_holds_the_centre(polygon):
    x, y, w, h = polygon_to_box(polygon)
    assert polygon[:, 0].min() == x
    assert polygon[:, 1].max() == pytest.approx(y + h)
    centre = polygon_centre(polygon)
    assert x - 1e-9 <= centre[0] <= x + w + 1e-9
    assert y - 1e-9 <= centre[1] <= y + h + 1e-9


@given(rectangles())
def test_pixels_of_a_polygon_are_as_many_as_its_area_says(polygon):
    """Gauss's circle argument: pixels and area differ by less than the outline's pixels."""
    perimeter = np.hypot(*(polygon - np.roll(polygon, -1, axis=0)).T).sum()
    assert abs(polygon_to_mask(polygon, (100, 100)).sum() - polygon_area(polygon)) <= perimeter + 4


@given(quadrilaterals, st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_any_polygon_fills_pixels_of_its_bounding_box_only(polygon, shape):
    mask = polygon_to_mask(polygon, shape)
    assert mask.shape == shape
    x, y, w, h = polygon_to_box(polygon)
    rows, columns = np.nonzero(mask)
    assert ((columns + 0.5 >= x) & (columns + 0.5 <= x + w) & (rows + 0.5 >= y) & (rows + 0.5 <= y + h)).all()


@given(rectangles())
def test_the_start_box_keeps_centre_area_and_aspect(polygon):
    box, bounds = preserve_area_box(polygon), polygon_to_box(polygon)
    assert box[2] * box[3] == pytest.approx(polygon_area(polygon))
    assert box[2] / box[3] == pytest.approx(bounds[2] / bounds[3])
    np.testing.assert_allclose(box[:2] + box[2:] / 2, (50, 40), atol=1e-9)


numbers = st.floats() | st.integers() | st.sampled_from([10**400, None, "1", True])


@given(st.lists(numbers, max_size=10))
def test_whatever_is_given_as_a_region_is_refused_or_four_finite_corners(region):
    try:
        polygon = check_region(region, (50, 60))
    except DataError:
        return
    assert polygon.shape == (4, 2)
    assert np.isfinite(polygon).all()
    np.testing.assert_array_equal(region_to_polygon(region), polygon)
