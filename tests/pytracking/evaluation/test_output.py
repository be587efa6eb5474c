import numpy as np

from libs.utils.boxes import box_to_polygon
from pytracking.evaluation.objects import ObjectResult
from pytracking.evaluation.output import draw_results, label_mask

IMAGE = np.full((40, 50, 3), 90, np.uint8)


def result(box, with_mask=True):
    x, y, w, h = box
    mask = np.zeros(IMAGE.shape[:2], bool)
    mask[y : y + h, x : x + w] = True
    return ObjectResult(np.array(box, float), box_to_polygon(box), mask if with_mask else None)


def test_label_mask_has_the_objects_numbers():
    results = {2: result((1, 2, 3, 4)), 5: result((20, 10, 5, 6)), 7: result((30, 10, 5, 6), with_mask=False)}
    labels = label_mask(results, IMAGE.shape)
    assert (labels == 2).sum() == 12
    assert (labels == 5).sum() == 30
    assert set(np.unique(labels)) == {0, 2, 5}
    assert not label_mask({}, IMAGE.shape).any()


def test_overlays_colour_each_object_and_leave_the_image():
    drawn = draw_results(IMAGE, {1: result((5, 5, 10, 10)), 2: result((25, 20, 10, 10))}, "")
    assert (IMAGE == 90).all()
    first, second = drawn[10, 10].astype(int), drawn[25, 30].astype(int)
    assert first[0] > first[1]  # DAVIS: object 1 is red, 2 green
    assert second[1] > second[0]
    assert (drawn[38, 2] == 90).all()
