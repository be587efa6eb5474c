"""Smooth motion: still at first, poses and maps agree, bending is smooth."""

import numpy as np
import pytest

from ltr.data.motion import LayerMotion, smooth_path

SHAPE = (60, 84)


def motion(travel=0.5, turn=0.4, bend=0.0, seed=0):
    return LayerMotion(np.random.default_rng(seed), 3, (20, 15, 30, 20), travel, turn, bend)


def test_nothing_moves_in_the_first_frame():
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    sources = motion(bend=0.2).backward_map(0, SHAPE)
    np.testing.assert_allclose(sources, np.stack([columns, rows], axis=-1), atol=1e-4)


def test_the_map_is_the_inverse_of_the_pose():
    layer = motion()
    sources = layer.backward_map(2, SHAPE)
    for row, column in ((0, 0), (59, 83), (31, 40)):
        back = layer.pose(2) @ [*sources[row, column], 1]
        np.testing.assert_allclose(back[:2], (column, row), atol=1e-3)


def test_the_target_travels_smoothly():
    paths = [smooth_path(np.random.default_rng(seed), 3, (1,)).ravel() for seed in range(200)]
    middle, end = np.array(paths)[:, 1], np.array(paths)[:, 2]
    assert np.corrcoef(middle, end)[0, 1] > 0.9
    assert np.std(end) == pytest.approx(1, abs=0.15)


def test_bending_moves_points_and_stays_smooth():
    straight = motion(travel=0, turn=0, bend=0.0).backward_map(2, SHAPE)
    bent = motion(travel=0, turn=0, bend=0.1).backward_map(2, SHAPE)
    inside = (bent - straight)[15:35, 20:50]
    assert np.abs(inside).max() > 1
    assert np.abs(np.diff(inside, axis=0)).max() < 1
    assert np.abs(np.diff(inside, axis=1)).max() < 1
