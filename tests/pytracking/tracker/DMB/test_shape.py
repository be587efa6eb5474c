"""Regions from handmade masks: upright and rotated ones, calibration, the mask's own box."""

import cv2
import numpy as np
import pytest

from libs.utils.boxes import box_to_polygon
from libs.utils.crops import CropWindow
from libs.utils.polygons import polygon_area, polygon_to_mask
from pytracking.tracker.DMB.shape import ShapeFitter

WINDOW = CropWindow(10, 20, 50, 100)
"""Half an image pixel for each of the crop's."""
IMAGE = (120, 160, 3)


def mask(left, top, width, height):
    """In the crop."""
    on_target = np.zeros((100, 100), bool)
    on_target[top : top + height, left : left + width] = True
    return on_target


def fit(on_target, upright=True, calibration=1.0, probability=None):
    fitter = ShapeFitter(upright, optimize=True)
    fitter.factors = np.full(2, calibration)
    return fitter.fit(on_target, on_target * 0.8 if probability is None else probability, WINDOW, IMAGE)


def test_an_upright_mask_by_hand():
    """40 x 20 crop pixels at (30, 50) are 20 x 10 image pixels at (10 + 15, 20 + 25)."""
    shape = fit(mask(30, 50, 40, 20))
    assert shape.box == pytest.approx([25, 45, 20, 10])
    assert shape.polygon == pytest.approx(box_to_polygon([25, 45, 20, 10]))
    assert shape.pixels == pytest.approx(40 * 20 / 4)
    assert shape.score == pytest.approx(0.8)
    assert shape.mask.shape == IMAGE[:2]
    assert np.argwhere(shape.mask).min(axis=0).tolist() == [45, 25]
    assert shape.mask.sum() == 200


def test_the_score_is_the_mean_probability_of_the_mask():
    on_target = mask(30, 50, 40, 20)
    probability = np.where(on_target, 0.6, 0.3)
    probability[50:60] += 0.2
    assert fit(on_target, probability=probability).score == pytest.approx(0.7)


def test_only_the_largest_part_counts_and_crumbs_do_not():
    assert fit(mask(30, 50, 40, 20) | mask(0, 0, 20, 20)).box == pytest.approx([25, 45, 20, 10])
    nothing = fit(mask(30, 50, 7, 7))
    assert (nothing.polygon, nothing.box, nothing.pixels, nothing.score) == (None, None, 0, 0.0)
    assert not nothing.mask.any()


def test_a_turned_target_is_upright_where_that_is_asked():
    """A bar of 60 x 20 crop pixels, 30 degrees steep: 62 x 47.3 upright."""
    bar = polygon_to_mask(cv2.boxPoints(((50, 50), (60, 20), 30)).astype(float), (100, 100))
    turned, upright = fit(bar, upright=False), fit(bar, upright=True)
    assert polygon_area(upright.polygon) == pytest.approx(31 * 23.7, rel=0.05)
    assert np.ptp(upright.polygon, axis=0) == pytest.approx([31, 23.7], abs=1)
    assert polygon_area(turned.polygon) == pytest.approx(30 * 10, rel=0.1)
    assert turned.box == pytest.approx(upright.box)


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ([25, 45, 20, 10], (1.0, 1.0)),
        ([24, 44.5, 22, 11], (1.1, 1.1)),
        ([15, 40, 40, 20], (1.5, 1.5)),
        ([30, 47.5, 10, 5], (0.8, 0.8)),
        ([20, 45, 28, 10], (np.sqrt(np.sqrt(1.4) * 1.4), np.sqrt(np.sqrt(1.4)))),
    ],
    ids=["the same", "a tenth more", "at most 1.5", "at least 0.8", "half by area, half by side"],
)
def test_calibration_is_the_ratio_of_the_given_region_to_the_masks(region, expected):
    fitter = ShapeFitter(upright=True, optimize=True)
    first = polygon_to_mask(box_to_polygon([25, 45, 20, 10]), IMAGE[:2])
    fitter.calibrate(box_to_polygon(region), first, WINDOW)
    assert fitter.factors == pytest.approx(expected, rel=0.03)


def test_half_of_the_given_regions_offset_is_kept():
    """The region's centre is 4 px right of and 1 px below the mask's: 0.2 and 0.1 of its sides."""
    fitter = ShapeFitter(upright=True, optimize=True)
    fitter.calibrate(
        box_to_polygon([29, 46, 20, 10]), polygon_to_mask(box_to_polygon([25, 45, 20, 10]), IMAGE[:2]), WINDOW
    )
    assert fitter.offset == pytest.approx([0.1, 0.05], abs=0.01)
    shape = fitter.fit(mask(30, 50, 20, 20), np.ones((100, 100)), WINDOW, IMAGE)
    assert shape.polygon.mean(axis=0) == pytest.approx([30 + 0.1 * 10, 50 + 0.05 * 10], abs=0.1)


def test_rotated_rectangles_are_scaled_alike_and_stay_in_place():
    fitter = ShapeFitter(upright=False, optimize=True)
    fitter.calibrate(
        box_to_polygon([29, 46, 24, 12]), polygon_to_mask(box_to_polygon([25, 45, 20, 10]), IMAGE[:2]), WINDOW
    )
    assert fitter.factors == pytest.approx([1.2, 1.2], rel=0.05)
    assert fitter.offset.tolist() == [0, 0]


def test_a_first_mask_without_a_rectangle_leaves_the_calibration():
    fitter = ShapeFitter(upright=True, optimize=True)
    fitter.calibrate(box_to_polygon([25, 45, 20, 10]), np.zeros(IMAGE[:2], bool), WINDOW)
    assert fitter.factors.tolist() == [1, 1]


def test_calibrated_regions_grow_about_their_centre():
    shape = fit(mask(30, 50, 40, 20), calibration=1.2)
    assert shape.box == pytest.approx([23, 44, 24, 12])
    assert shape.polygon == pytest.approx(box_to_polygon([23, 44, 24, 12]))
    assert shape.pixels == pytest.approx(200)
