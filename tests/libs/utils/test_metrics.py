import numpy as np
import pytest
from scipy import ndimage

from libs.utils.errors import DataError
from libs.utils.masks import box_to_mask
from libs.utils.metrics import boundary_f, region_similarity, scored_frames

SHAPE = (100, 120)
EMPTY = np.zeros(SHAPE, bool)


def test_region_similarity_by_hand():
    a, b = box_to_mask((10, 10, 20, 10), SHAPE), box_to_mask((20, 10, 20, 10), SHAPE)
    assert region_similarity(a, b) == pytest.approx(100 / 300)
    assert region_similarity(a * 255, a) == 1
    assert region_similarity(a, EMPTY) == 0
    assert region_similarity(EMPTY, EMPTY) == 1


def test_boundary_of_equal_empty_and_distant_masks():
    a, b = box_to_mask((10, 10, 20, 10), SHAPE), box_to_mask((60, 60, 20, 10), SHAPE)
    assert boundary_f(a, a) == 1
    assert boundary_f(EMPTY, EMPTY) == 1
    assert boundary_f(a, EMPTY) == boundary_f(EMPTY, a) == 0
    assert boundary_f(a, b) == 0


def test_boundary_tolerance():
    """0.008 * hypot(100, 120) = 1.25, rounded up to 2 pixels."""
    a = box_to_mask((20, 20, 40, 40), SHAPE)
    assert boundary_f(box_to_mask((22, 20, 40, 40), SHAPE), a) == 1
    assert boundary_f(box_to_mask((23, 20, 40, 40), SHAPE), a) < 1
    assert boundary_f(box_to_mask((21, 20, 40, 40), SHAPE), a, tolerance=0) < 0.6


def distance_f(mask, truth, radius):
    """F by distances between boundary pixels: a pixel unlike its right, lower or lower right neighbour."""
    edges = []
    for m in (mask, truth):
        edge = np.zeros_like(m)
        edge[:, :-1] |= m[:, :-1] != m[:, 1:]
        edge[:-1] |= m[:-1] != m[1:]
        edge[:-1, :-1] |= m[:-1, :-1] != m[1:, 1:]
        edges.append(edge)
    precision, recall = (
        np.mean(ndimage.distance_transform_edt(~other)[edge] <= radius) for edge, other in (edges, edges[::-1])
    )
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("seed", range(4))
def test_boundary_against_distances(seed):
    rng = np.random.default_rng(seed)
    first = ndimage.gaussian_filter(rng.standard_normal(SHAPE), 6)
    second = first + 0.3 * ndimage.gaussian_filter(rng.standard_normal(SHAPE), 6)
    mask, truth = first > 0, second > 0
    assert boundary_f(mask, truth) == pytest.approx(distance_f(mask, truth, radius=2))
    assert 0.1 < boundary_f(mask, truth) < 0.99
    assert boundary_f(mask, truth) == pytest.approx(boundary_f(truth, mask))


def test_other_sizes_are_refused():
    for metric in (region_similarity, boundary_f):
        with pytest.raises(DataError, match="cannot be compared"):
            metric(EMPTY, EMPTY[1:])


def test_neither_an_objects_first_frame_nor_the_videos_last_counts():
    assert list(scored_frames(0, 5)) == [1, 2, 3]
    assert list(scored_frames(3, 5)) == []
    assert list(scored_frames(4, 5)) == []


def test_void_pixels_belong_to_neither_mask():
    truth, found = box_to_mask((20, 20, 20, 20), SHAPE), box_to_mask((20, 20, 40, 20), SHAPE)
    void = box_to_mask((40, 0, 80, 100), SHAPE)
    assert region_similarity(found, truth) == 0.5
    assert boundary_f(found, truth) < 1
    assert region_similarity(found, truth, void) == boundary_f(found, truth, void) == 1
    # Errors elsewhere still count.
    assert region_similarity(box_to_mask((20, 20, 10, 20), SHAPE), truth, void) == 0.5
