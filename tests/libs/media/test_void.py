import numpy as np
import pytest

from libs.media.void import is_void, without_void
from libs.utils.errors import DataError


def decide(*values):
    return is_void(values, "clip/masks")


def test_255_alone_over_the_set_is_the_object():
    assert not decide({255}, {0}, {0, 255})


@pytest.mark.parametrize("values", [[{1, 255}], [{1, 255}, {255}, {1}], [{2}, {255}], [{1}, {2}, {255}]])
def test_255_beside_labels_is_void_in_all_masks(values):
    assert decide(*values)


def test_two_ways_to_write_one_object_are_refused():
    with pytest.raises(DataError, match="clip/masks: some hold 0 and 255, others 0 and 1"):
        decide({0, 1}, {255}, {0})


def test_masks_without_void():
    mask = np.array([[0, 255, 3], [3, 0, 0]], np.uint8)
    np.testing.assert_array_equal(without_void(mask, True), [[0, 0, 3], [3, 0, 0]])
    np.testing.assert_array_equal(without_void(np.array([[0, 255]], np.uint8), False), [[0, 1]])
