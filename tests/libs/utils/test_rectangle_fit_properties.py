import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from libs.utils.masks import box_to_mask, largest_component, mask_to_box
from libs.utils.polygons import polygon_area, polygon_to_box
from libs.utils.rectangle_fit import fit_rotated_rectangle, fit_upright_rectangle, shrink_box

SHAPE = (48, 64)


@st.composite
def masks(draw):
    """(48, 64) bool: some ellipses and boxes, with single pixels flipped."""
    mask = np.zeros(SHAPE, dtype=np.uint8)
    for _ in range(draw(st.integers(0, 4))):
        x, y = draw(st.integers(-5, 68)), draw(st.integers(-5, 52))
        axes = draw(st.integers(1, 30)), draw(st.integers(1, 30))
        value = draw(st.sampled_from([1, 1, 0]))
        if draw(st.booleans()):
            cv2.ellipse(mask, (x, y), axes, draw(st.integers(0, 179)), 0, 360, value, -1)
        else:
            cv2.rectangle(mask, (x, y), (x + axes[0], y + axes[1]), value, -1)
    for row, column in draw(st.lists(st.tuples(st.integers(0, 47), st.integers(0, 63)), max_size=20)):
        mask[row, column] ^= 1
    return mask.astype(bool)


@given(masks())
def test_the_rectangle_of_any_mask_is_a_plausible_rectangle(mask):
    polygon = fit_rotated_rectangle(mask)
    if polygon is None:
        assert fit_upright_rectangle(mask) is None
        return
    assert polygon.shape == (4, 2)
    assert np.isfinite(polygon).all()
    sides = np.diff(np.vstack([polygon, polygon[:1]]), axis=0)
    # Opposite sides are equal, neighbours perpendicular.
    np.testing.assert_allclose(sides[:2], -sides[2:], atol=1e-3)
    assert abs(sides[0] @ sides[1]) <= 1e-3 * np.abs(sides).max() ** 2
    smallest = polygon_area(fit_rotated_rectangle(mask, optimize=False))
    assert 0.1 * smallest <= polygon_area(polygon) * (1 + 1e-9) <= 2.5 * smallest * (1 + 1e-6)
    # It stays near the mask: nowhere further out than the mask's own extent.
    x, y, w, h = mask_to_box(mask)
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    assert (low >= (x - max(w, h), y - max(w, h))).all()
    assert (high <= (x + w + max(w, h), y + h + max(w, h))).all()


@given(masks())
def test_the_upright_rectangle_bounds_a_part_of_the_mask(mask):
    polygon = fit_upright_rectangle(mask)
    if polygon is not None:
        x, y, w, h = polygon_to_box(polygon)
        bounds = mask_to_box(mask)
        assert bounds[0] <= x
        assert bounds[1] <= y
        assert x + w <= bounds[0] + bounds[2]
        assert y + h <= bounds[1] + bounds[3]
        assert mask[int(y) : int(y + h), int(x) : int(x + w)].sum() > 50


@given(masks())
def test_a_shrunk_box_keeps_nine_tenths_of_the_mask_and_scores_no_less(mask):
    if not mask.any():
        return
    left, top, right, bottom = shrink_box(mask.astype(np.float32))
    x, y, w, h = mask_to_box(mask).astype(int)
    assert x <= left < right <= x + w
    assert y <= top < bottom <= y + h
    inside = mask[top:bottom, left:right].sum()
    assert inside >= 0.9 * mask.sum()
    shrunk = inside / (0.25 * ((bottom - top) * (right - left) - inside) + mask.sum())
    assert shrunk >= mask.sum() / (0.25 * (w * h - mask.sum()) + mask.sum()) - 1e-9


@given(masks())
def test_the_tight_box_holds_the_mask_and_no_smaller_one_does(mask):
    box = mask_to_box(mask)
    if box is None:
        assert not mask.any()
        return
    filled = box_to_mask(box, SHAPE)
    assert not (mask & ~filled).any()
    x, y, w, h = box.astype(int)
    assert all(line.any() for line in (mask[y], mask[y + h - 1], mask[:, x], mask[:, x + w - 1]))


@given(masks())
def test_the_largest_part_is_connected_and_part_of_the_mask(mask):
    part = largest_component(mask)
    assert not (part & ~mask).any()
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    assert cv2.connectedComponents(part.astype(np.uint8), connectivity=8)[0] == 1 + part.any()
    assert part.sum() == max((labels == index).sum() for index in range(1, count)) if count > 1 else not part.any()
