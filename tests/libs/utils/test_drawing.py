import numpy as np
import pytest

from libs.utils.boxes import box_to_polygon
from libs.utils.drawing import draw_mask, draw_polygon, draw_text, line_width, text_height
from libs.utils.errors import DataError
from libs.utils.masks import box_to_mask, dilate


@pytest.fixture
def image():
    return np.full((80, 120, 3), 100, np.uint8)


def test_mask_is_tinted_inside_and_outlined(image):
    out = draw_mask(image, box_to_mask((20, 20, 40, 30), image.shape), colour=(200, 0, 100), opacity=0.5)
    assert out[35, 40].tolist() == [150, 50, 100]
    assert out[20, 40].tolist() == [200, 0, 100]
    assert out[10, 10].tolist() == [100, 100, 100]
    assert (image == 100).all()


def test_empty_mask_changes_nothing(image):
    np.testing.assert_array_equal(draw_mask(image, np.zeros((80, 120))), image)


def test_mask_of_another_size_is_refused(image):
    with pytest.raises(DataError, match="mask of shape"):
        draw_mask(image, np.zeros((80, 121)))


def test_polygon_runs_along_its_edges(image):
    out = draw_polygon(image, box_to_polygon((20.5, 20.5, 40, 30)), colour=(255, 0, 0), thickness=1)
    assert out[20, 22:58, 0].min() > 200
    assert out[20, 22:58, 1:].max() < 40
    assert out[35, 40].tolist() == [100, 100, 100]
    changed = (out != image).any(axis=2)
    assert changed[18:53, 18:63].sum() == changed.sum()
    assert (image == 100).all()


@pytest.mark.parametrize("polygon", [np.full((4, 2), np.nan), box_to_polygon((500, 500, 9, 9)), np.full((4, 2), 1e300)])
def test_polygons_out_of_sight_change_nothing(image, polygon):
    np.testing.assert_array_equal(draw_polygon(image, polygon), image)


def test_text_lines_are_drawn_below_each_other(image):
    out = draw_text(image, "12\n34", corner=(10, 8), height=14)
    rows = np.flatnonzero((out > 200).all(axis=2).any(axis=1))
    assert rows.min() >= 4
    assert rows.max() <= 58
    assert not set(range(24, 29)) & set(rows)
    assert (draw_text(image, "") == image).all()
    assert (image == 100).all()


def test_the_outline_lies_around_the_letters(image):
    out = draw_text(image, "overlap", corner=(2, 8), height=14)
    letters = (out > 130).all(axis=2)
    black = (out < 70).all(axis=2)
    assert black.any()
    assert not (black & ~dilate(letters, 3)).any()


def test_dashes_begin_and_end_at_the_corners(image):
    square = box_to_polygon((20.5, 20.5, 60, 40))
    out = (draw_polygon(image, square, (255, 0, 0), 1, dashed=True) != image).any(axis=2)
    top = out[20, 20:81]
    assert top[:6].all()
    assert top[-6:].all()
    assert 0.4 < top.mean() < 0.75


def test_lines_and_letters_grow_with_the_image():
    assert [line_width((height, 2000, 3)) for height in (90, 480, 1080)] == [2, 2, 4]
    assert [text_height((height, 4000, 3)) for height in (90, 480, 1080)] == [11, 14, 32]
