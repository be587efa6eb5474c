import numpy as np
import pytest

from libs.utils.boxes import box_centre, box_iou, box_to_polygon, check_box, clip_box
from libs.utils.errors import DataError


def test_corners_and_centre():
    np.testing.assert_array_equal(box_to_polygon((2, 3, 4, 5)), [[2, 3], [6, 3], [6, 8], [2, 8]])
    np.testing.assert_array_equal(box_centre([[2, 3, 4, 5], [0, 0, 1, 1]]), [[4, 5.5], [0.5, 0.5]])


def test_iou_by_hand():
    # 2 x 2 shared of 16 + 16 - 4
    assert box_iou((0, 0, 4, 4), (2, 2, 4, 4)) == pytest.approx(4 / 28)
    assert box_iou((0, 0, 4, 4), (0, 0, 4, 4)) == 1
    assert box_iou((0, 0, 4, 4), (4, 0, 4, 4)) == 0
    assert box_iou((0, 0, 0, 0), (0, 0, 0, 0)) == 0
    assert box_iou((0, 0, -4, 4), (0, 0, 4, 4)) == 0


def test_iou_broadcasts():
    a, b = np.array([[0, 0, 4, 4], [1, 0, 4, 4.0]]), np.array([[[0, 0, 4, 2]], [[9, 9, 1, 1]], [[1, 0, 2, 4]]])
    iou = box_iou(a, b)
    assert iou.shape == (3, 2)
    np.testing.assert_allclose(iou, [[0.5, 6 / 18], [0, 0], [0.5, 0.5]])


def test_clip():
    np.testing.assert_array_equal(clip_box((-2, 3, 6, 90), (50, 60, 3)), [0, 3, 4, 47])
    assert clip_box((70, 3, 6, 9), (50, 60))[2] == 0


@pytest.mark.parametrize("box", [(0, 0, 5, 5), [-3, 45.5, 4, 90], np.array([59.5, 49.5, 100, 100], np.float32)])
def test_boxes_that_touch_the_image_pass(box):
    checked = check_box(box, (50, 60, 3))
    assert checked.dtype == np.float64
    np.testing.assert_array_equal(checked, box)


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((1, 2, 3), "3 numbers"),
        ("a box", "not four numbers"),
        (None, "1 numbers"),
        ((1, 2, np.nan, 3), "not finite"),
        ((1, np.inf, 2, 3), "not finite"),
        ((1, 2, 0, 3), "no area"),
        ((1, 2, 3, -1), "no area"),
        ((60, 2, 3, 3), "outside the image of 60 x 50"),
        ((-3, 2, 3, 3), "outside"),
        ((2, 50, 3, 3), "outside"),
    ],
)
def test_bad_boxes_are_refused(box, message):
    with pytest.raises(DataError, match=message):
        check_box(box, (50, 60))


def test_the_given_box_is_never_changed():
    """Fault 7: initialising shifted the caller's list."""
    box = np.array([1.0, 2, 3, 4])
    check_box(box, (50, 60))[0] = 9
    assert box.tolist() == [1, 2, 3, 4]
