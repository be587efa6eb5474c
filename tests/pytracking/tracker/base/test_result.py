import numpy as np
import pytest

from libs.utils.errors import DataError
from pytracking.tracker.base.result import Result, read_output, share_pixels

NOWHERE = np.zeros(4), np.zeros((4, 2))


def test_outputs_with_parts_missing():
    only_box = read_output({"target_bbox": (1, 2, 3, 4)})
    assert only_box.polygon.tolist() == [[1, 2], [4, 2], [4, 6], [1, 6]]
    assert only_box.mask is None
    only_polygon = read_output({"polygon": [[1, 2], [4, 2], [4, 6], [1, 6]], "segmentation": [[0, 2]]})
    assert only_polygon.box.tolist() == [1, 2, 3, 4]
    assert only_polygon.mask.tolist() == [[False, True]]
    nothing = read_output({}, {"init_bbox": [1, 2, 3, 4]})
    assert nothing.box.tolist() == [1, 2, 3, 4]


def masked(*rows):
    return {number: Result(*NOWHERE, np.array(row, dtype=bool)) for number, row in enumerate(rows, start=1)}


def test_a_pixel_that_several_claim_is_the_smaller_ones():
    shared = share_pixels(masked([[1, 1, 1, 0]], [[0, 0, 1, 1]]) | {3: Result(*NOWHERE, None)})
    assert shared[1].mask.tolist() == [[True, True, False, False]]
    assert shared[2].mask.tolist() == [[False, False, True, True]]
    assert shared[3].mask is None


def test_masks_that_share_nothing_stay():
    results = masked([[1, 0, 0]], [[0, 1, 0]], [[0, 0, 1]])
    assert share_pixels(results) is results


def test_masks_of_two_sizes_are_refused():
    with pytest.raises(DataError, match="give one"):
        share_pixels(masked([[1, 0]], [[0, 1, 0]]))
