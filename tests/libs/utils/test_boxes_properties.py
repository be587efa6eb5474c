import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.utils.boxes import box_centre, box_iou, box_to_polygon, check_box, clip_box
from libs.utils.errors import DataError
from libs.utils.polygons import polygon_to_box

coordinates = st.floats(-1e4, 1e4)
boxes = st.tuples(coordinates, coordinates, st.floats(0.01, 1e4), st.floats(0.01, 1e4))
shapes = st.tuples(st.integers(1, 5000), st.integers(1, 5000))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=8,
)


@given(boxes, boxes)
def test_iou_is_symmetric_and_between_0_and_1(a, b):
    iou = box_iou(a, b)
    assert 0 <= iou <= 1 + 1e-9
    assert iou == pytest.approx(box_iou(b, a), abs=1e-12)
    assert box_iou(a, a) == pytest.approx(1)


@given(boxes, boxes, st.floats(0.1, 10), st.tuples(coordinates, coordinates))
def test_iou_does_not_depend_on_unit_or_origin(a, b, scale, shift):
    moved_a, moved_b = (np.array(box) * scale + (*shift, 0, 0) for box in (a, b))
    # Widths of 0.01 at coordinates of 1e5 leave eight digits.
    assert box_iou(moved_a, moved_b) == pytest.approx(box_iou(a, b), rel=1e-4, abs=1e-6)


@given(boxes)
def test_corners_and_back(box):
    polygon = box_to_polygon(box)
    np.testing.assert_allclose(polygon_to_box(polygon), box, atol=1e-9)
    np.testing.assert_allclose(polygon.mean(axis=0), box_centre(box), atol=1e-9)


@given(boxes, shapes)
def test_a_clipped_box_lies_in_the_image_and_in_the_box(box, shape):
    x, y, w, h = clipped = clip_box(box, shape)
    assert 0 <= x <= x + w <= shape[1] + 1e-9
    assert 0 <= y <= y + h <= shape[0] + 1e-9
    if w and h:
        assert box[0] <= x + 1e-9
        assert x + w <= box[0] + box[2] + 1e-9
    np.testing.assert_allclose(clip_box(clipped, shape), clipped, atol=1e-9)


@given(boxes, shapes)
def test_a_box_is_refused_just_where_it_misses_the_image(box, shape):
    x, y, w, h = box
    if x < shape[1] and y < shape[0] and x + w > 0 and y + h > 0:
        np.testing.assert_array_equal(check_box(box, shape), box)
    else:
        with pytest.raises(DataError, match="outside"):
            check_box(box, shape)


@given(anything | st.lists(st.floats() | st.integers(), min_size=4, max_size=4))
def test_whatever_is_given_as_a_box_is_refused_or_finite(value):
    try:
        box = check_box(value, (50, 60))
    except DataError:
        return
    assert box.shape == (4,)
    assert np.isfinite(box).all()
    assert clip_box(box, (50, 60))[2:].min() > 0
