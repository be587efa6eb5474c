import numpy as np
import pytest

from libs.utils.errors import DataError
from pytracking.tracker.DMB.initial_region import parse_initial_region

SHAPE = (60, 80, 3)


def test_box():
    region = parse_initial_region({"init_bbox": [10, 20, 30, 8]}, SHAPE)
    assert region.box.tolist() == [10, 20, 30, 8]
    assert region.polygon.tolist() == [[10, 20], [40, 20], [40, 28], [10, 28]]
    assert region.mask.sum() == 240
    assert region.mask[20:28, 10:40].all()
    assert (region.exact, region.upright) == (False, True)


def test_polygon_becomes_a_box_of_the_same_centre_and_area():
    diamond = [40, 10, 60, 30, 40, 50, 20, 30]  # diagonals 40 and 40: area 800, bounding box 40 x 40
    region = parse_initial_region({"init_bbox": diamond}, SHAPE)
    side = np.sqrt(800)
    assert region.box == pytest.approx([40 - side / 2, 30 - side / 2, side, side])
    assert region.mask.sum() == pytest.approx(800, abs=20)
    assert not region.upright


def test_upright_is_what_was_given_so():
    corners = [10, 20, 40, 20, 40, 28, 10, 28]
    assert parse_initial_region({"init_bbox": corners}, SHAPE).upright
    assert not parse_initial_region({"init_mask": np.ones(SHAPE[:2], bool)}, SHAPE).upright
    assert parse_initial_region({"init_mask": np.ones(SHAPE[:2], bool), "init_bbox": corners}, SHAPE).upright


def test_mask():
    mask = np.zeros(SHAPE[:2], np.uint8)
    mask[5:15, 30:50] = 255
    region = parse_initial_region({"init_mask": mask}, SHAPE)
    assert region.box.tolist() == [30, 5, 20, 10]
    assert region.exact
    assert region.mask.dtype == bool
    assert (region.mask == (mask > 0)).all()


def test_mask_with_a_box():
    mask = np.zeros(SHAPE[:2], bool)
    mask[5:15, 30:50] = True
    region = parse_initial_region({"init_mask": mask, "init_bbox": [28, 4, 24, 12]}, SHAPE)
    assert region.box.tolist() == [28, 4, 24, 12]
    assert (region.mask == mask).all()


def test_a_target_thinner_than_a_pixel_has_a_mask():
    region = parse_initial_region({"init_bbox": [10.6, 20.6, 0.2, 0.2]}, SHAPE)
    assert np.argwhere(region.mask).tolist() == [[20, 10]]


def test_the_callers_list_is_not_changed():
    box = [10.0, 20.0, 30.0, 8.0]
    parse_initial_region({"init_bbox": box}, SHAPE)
    assert box == [10.0, 20.0, 30.0, 8.0]


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ({}, "neither"),
        ({"init_bbox": None, "init_mask": None}, "neither"),
        ({"init_bbox": [1, 2, 3]}, "3 numbers"),
        ({"init_bbox": [10, 10, 0, 5]}, "area|positive|w"),
        ({"init_bbox": [10, 10, -4, -5]}, "area|positive|w"),
        ({"init_bbox": [100, 10, 5, 5]}, "outside"),
        ({"init_bbox": [10, 10, float("nan"), 5]}, "finite"),
        ({"init_bbox": [1, 1, 5, 1, 5, 5, 1, float("nan")]}, "finite"),
        ({"init_bbox": [1, 1, 5, 5, 9, 9, 3, 3]}, "no area"),
        ({"init_mask": np.zeros((60, 80))}, "empty"),
        ({"init_mask": np.ones((6, 8))}, "shape"),
    ],
)
def test_bad_input(info, message):
    with pytest.raises(DataError, match=message):
        parse_initial_region(info, SHAPE)
