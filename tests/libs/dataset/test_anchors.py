import numpy as np

from libs.dataset.anchors import place_anchors


def runs(anchors):
    return {int(index): int(anchors[index]) for index in np.flatnonzero(anchors)}


def test_about_every_fifty_frames_and_each_the_longer_way():
    assert runs(place_anchors(np.ones(101, dtype=bool))) == {0: 1, 50: 1, 100: -1}
    assert runs(place_anchors(np.ones(190, dtype=bool))) == {0: 1, 47: 1, 94: 1, 142: -1, 189: -1}


def test_a_short_sequence_has_its_first_and_last_frame():
    assert runs(place_anchors(np.ones(12, dtype=bool))) == {0: 1, 11: -1}


def test_an_anchor_moves_to_a_frame_that_shows_the_target():
    visible = np.ones(101, dtype=bool)
    visible[46:53] = False
    visible[98:] = False
    assert runs(place_anchors(visible)) == {0: 1, 53: -1, 97: -1}
