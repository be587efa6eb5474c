import math

import cv2
import numpy as np
import pytest

from libs.utils import rectangle_fit
from libs.utils.boxes import box_to_polygon
from libs.utils.masks import box_to_mask
from libs.utils.polygons import polygon_area, polygon_to_mask
from libs.utils.rectangle_fit import fit_rotated_rectangle, fit_upright_rectangle, shrink_box


def rectangle(centre, width, height, degrees):
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2
    return corners @ np.array([[cos, sin], [-sin, cos]]) + centre


def overlap(polygon, other):
    shared = cv2.intersectConvexConvex(polygon.astype(np.float32), other.astype(np.float32))[0]
    return shared / (polygon_area(polygon) + polygon_area(other) - shared)


def brute_force_score(mask, left, top, right, bottom):
    inside = mask[top:bottom, left:right].sum()
    return inside / (0.25 * ((bottom - top) * (right - left) - inside) + mask.sum())


@pytest.mark.parametrize("degrees", [0, 17, 45, 80, 90, 133, 179])
@pytest.mark.parametrize("centre", [(100.3, 80.9), (128, 128)])
def test_a_rectangle_is_found_again(degrees, centre):
    truth = rectangle(centre, 90, 40, degrees)
    assert overlap(fit_rotated_rectangle(polygon_to_mask(truth, (256, 256))), truth) > 0.93


def test_an_upright_rectangle_is_found_exactly():
    mask = box_to_mask((30, 50, 80, 40), (200, 200))
    for polygon in (
        fit_rotated_rectangle(mask),
        fit_rotated_rectangle(mask, optimize=False),
        fit_upright_rectangle(mask),
    ):
        assert overlap(polygon, box_to_polygon((30, 50, 80, 40))) > 0.999


def test_corners_recorded_with_the_code_that_agrees_with_the_reference():
    """A small case like those of tests/parity/test_boxes.py, a turned body with a tail; recorded when that passed."""
    tail = np.array([[80.0, 58], [118, 84], [115, 89], [78, 64]])
    mask = polygon_to_mask(rectangle((60, 50), 56, 30, 25), (100, 130)) | polygon_to_mask(tail, (100, 130))
    recorded = np.array([[27.3, 51.9], [40.41, 23.81], [126.5, 63.98], [113.39, 92.07]])
    found = fit_rotated_rectangle(mask)
    assert min(np.abs(np.roll(found, shift, axis=0) - recorded).max() for shift in range(4)) < 1.5


def test_any_nonzero_value_counts():
    mask = box_to_mask((30, 50, 80, 40), (200, 200))
    np.testing.assert_array_equal(fit_rotated_rectangle(mask * np.uint8(254)), fit_rotated_rectangle(mask))


def test_a_rectangle_cut_by_the_border_is_covered_whole():
    mask = box_to_mask((0, 40, 30, 80), (128, 128))
    assert overlap(fit_rotated_rectangle(mask), box_to_polygon((0, 40, 30, 80))) > 0.95


def test_a_thin_tail_is_left_out():
    mask = box_to_mask((60, 60, 60, 40), (200, 200))
    mask |= box_to_mask((120, 78, 50, 3), (200, 200))
    polygon = fit_rotated_rectangle(mask)
    assert overlap(polygon, box_to_polygon((60, 60, 60, 40))) > 0.85
    assert overlap(fit_upright_rectangle(mask), box_to_polygon((60, 60, 110, 40))) > 0.99


def test_only_the_largest_part_counts():
    mask = box_to_mask((30, 50, 60, 40), (200, 200))
    alone = fit_rotated_rectangle(mask)
    mask |= box_to_mask((150, 150, 20, 20), (200, 200))
    np.testing.assert_array_equal(fit_rotated_rectangle(mask), alone)


def test_a_long_bar_takes_the_angle_of_its_minimum_area_rectangle():
    truth = rectangle((100, 100), 160, 12, 30)
    assert overlap(fit_rotated_rectangle(polygon_to_mask(truth, (200, 200))), truth) > 0.85


@pytest.mark.parametrize("optimize", [True, False])
@pytest.mark.parametrize(("box", "found"), [((0, 0, 0, 0), False), ((40, 40, 8, 8), False), ((40, 40, 9, 9), True)])
def test_contours_of_50_pixels_or_less_give_nothing(optimize, box, found):
    # The contour runs through pixel centres: 8 x 8 pixels enclose 49, 9 x 9 enclose 64.
    mask = box_to_mask(box, (100, 100))
    assert (fit_rotated_rectangle(mask, optimize) is not None) == found
    assert (fit_upright_rectangle(mask) is not None) == found


def test_an_implausible_area_gives_the_minimum_area_rectangle(monkeypatch):
    mask = polygon_to_mask(rectangle((100, 100), 80, 30, 20), (200, 200))
    smallest = fit_rotated_rectangle(mask, optimize=False)
    assert not np.allclose(fit_rotated_rectangle(mask), smallest)
    for factor in (0.3, 1.7):  # 0.09 and 2.9 times the area
        wrong = (smallest - 100) * factor + 100
        monkeypatch.setattr(rectangle_fit, "_shrunk_rectangle", lambda *args, wrong=wrong: wrong)
        np.testing.assert_array_equal(fit_rotated_rectangle(mask), smallest)


def test_the_starting_box_is_scored():
    """Fault 17: a filled rectangle keeps its first row."""
    mask = np.zeros((200, 200), np.float32)
    mask[100:160, 20:140] = 1
    assert shrink_box(mask) == (20, 100, 140, 160)
    assert shrink_box(mask[100:160, 20:140]) == (0, 0, 120, 60)


def test_shrinking_by_hand():
    """A tail of 2 pixels: 102 / (0.25 * 18 + 102) = 0.958 with it, 100 / 102 = 0.980 without.

    Fault 17: if the starting box were not scored, the top row would go first, and the limit of 90 % would keep the
    tail.
    """
    mask = np.zeros((20, 20), np.float32)
    mask[5:15, 5:15] = 1
    mask[9, 15:17] = 1
    assert shrink_box(mask) == (5, 5, 15, 15)


def test_a_side_takes_a_pixel_back_by_hand():
    """Beside a tail of 6 columns, 2 pixels below are given up first: 106 / 121.5 = 0.872 against 108 / 125 = 0.864.

    Without the tail they are worth their row: 102 / (0.25 * 8 + 108) = 0.927 against 100 / 108 = 0.926.
    """
    mask = np.zeros((30, 30), np.float32)
    mask[5:15, 5:15] = 1
    mask[9, 15:21] = 1
    mask[15, 8:10] = 1
    assert shrink_box(mask) == (5, 5, 15, 16)


def test_shrinking_keeps_nine_tenths():
    mask = np.zeros((40, 200), np.float32)
    mask[10:30, 10:30] = 1
    mask[19:21, 30:190] = 1  # 320 of 720 pixels: leaving them all out would score best
    left, top, right, bottom = shrink_box(mask)
    inside = mask[top:bottom, left:right].sum()
    assert inside >= 0.9 * mask.sum()
    assert mask[top:bottom, left : right - 1].sum() < 0.9 * mask.sum()


@pytest.mark.parametrize("seed", range(5))
def test_no_single_step_inwards_scores_better(seed):
    noise = cv2.GaussianBlur(np.random.default_rng(seed).random((60, 70)).astype(np.float32), None, 6)
    mask = (noise > np.quantile(noise, 0.8)).astype(np.float32)
    box = shrink_box(mask)
    best = brute_force_score(mask, *box)
    for step in ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, -1, 0), (0, 0, 0, -1)):
        left, top, right, bottom = np.add(box, step)
        kept = mask[top:bottom, left:right].sum() >= 0.9 * mask.sum()
        assert not kept or brute_force_score(mask, left, top, right, bottom) <= best
