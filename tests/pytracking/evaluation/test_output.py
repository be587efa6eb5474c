import dataclasses

import numpy as np

from libs.utils.boxes import box_to_polygon
from libs.utils.state import State
from pytracking.evaluation.output import draw_results, label_mask
from pytracking.tracker.base.result import Result

IMAGE = np.full((40, 50, 3), 90, np.uint8)


def result(box, with_mask=True):
    x, y, w, h = box
    mask = np.zeros(IMAGE.shape[:2], bool)
    mask[y : y + h, x : x + w] = True
    return Result(np.array(box, float), box_to_polygon(box), mask if with_mask else None)


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


def test_doubtful_objects_are_dashed_and_scores_stand_beside_them():
    sure = result((10, 15, 30, 20), with_mask=False)
    doubtful = dataclasses.replace(sure, state=State.DOUBTFUL, score=0.25)
    drawn = {
        name: (draw_results(IMAGE, {1: each}) != IMAGE).any(axis=2)
        for name, each in (("sure", sure), ("doubtful", doubtful))
    }
    assert drawn["sure"][34:36, 12:38].any(axis=0).all()
    assert not drawn["doubtful"][34:36, 12:38].any(axis=0).all()
    with_score = (draw_results(IMAGE, {1: doubtful}, scores=True) != IMAGE).any(axis=2)
    assert with_score[:14].sum() > drawn["doubtful"][:14].sum()
