import numpy as np
import pytest

from libs.dataset.rendered.objects import ObjectPart, Pose, SyntheticObject, make_creature

RED = np.broadcast_to(np.float32([200, 30, 30]), (8, 8, 3)).copy()


def rigid_part(radii, offset=(0, 0), exponent=2.0, amplitudes=(0, 0, 0, 0), speeds=(0, 0, 0, 0)):
    numbers = (np.float32(value) for value in (offset, radii, amplitudes, (0, 0, 0, 0), speeds))
    return ObjectPart(*numbers, swing=(0.0, 0.0, 0.0), exponent=exponent, texture=RED)


def full(shape, corner, mask):
    """The mask placed in an image (H, W); it must fit."""
    canvas = np.zeros(shape, dtype=bool)
    canvas[corner[1] : corner[1] + mask.shape[0], corner[0] : corner[0] + mask.shape[1]] = mask
    return canvas


def test_a_round_part_is_a_disc_of_pixel_centres():
    thing = SyntheticObject((rigid_part((1, 1)),))
    mask = full((40, 50), *thing.silhouette(Pose((25.5, 18.0), 0.3, 9.0), time=0))
    rows, columns = np.mgrid[:40, :50] + 0.5
    assert np.array_equal(mask, np.hypot(columns - 25.5, rows - 18.0) <= 9)


def test_angles_turn_clockwise_on_the_screen():
    thing = SyntheticObject((rigid_part((0.2, 0.2), offset=(1, 0)),))
    mask = full((60, 60), *thing.silhouette(Pose((30, 30), np.pi / 2, 15.0), time=0))
    rows, columns = np.nonzero(mask)
    assert np.allclose([columns.mean() + 0.5, rows.mean() + 0.5], [30, 45], atol=0.1)


def test_a_boxy_part_fills_its_rectangle():
    thing = SyntheticObject((rigid_part((1.0, 0.5), exponent=20.0),))
    _, mask = thing.silhouette(Pose((20, 20), 0, 10.0), time=0)
    assert 0.95 * 200 < mask.sum() <= 200


def test_contours_deform_with_time():
    thing = SyntheticObject((rigid_part((1, 1), amplitudes=(0.3, 0, 0, 0), speeds=(0.5, 0, 0, 0)),))
    (_, start), (_, later) = (thing.silhouette(Pose((20, 20), 0, 10.0), time) for time in (0, 6))
    assert np.count_nonzero(start ^ later) > 0.2 * start.sum()


def test_a_render_agrees_with_its_silhouette():
    thing = make_creature(np.random.default_rng(3), RED, deformation=0.5)
    pose = Pose((60.3, 50.8), 0.4, 14.0)
    layer = thing.render(pose, 5, size=(120, 100))
    mask = full((100, 120), *thing.silhouette(pose, 5))
    alpha = np.zeros((100, 120))
    x, y = layer.corner
    alpha[y : y + layer.alpha.shape[0], x : x + layer.alpha.shape[1]] = layer.alpha
    assert np.count_nonzero((alpha > 0.5) ^ mask) < 0.02 * mask.sum()
    assert (layer.colour[layer.alpha == 0] == 0).all()
    assert (layer.colour[layer.alpha == 1].mean(axis=0) > [60, 5, 5]).all()


@pytest.mark.parametrize("centre", [(-200, 50), (500, 50), (50, -300), (60, 400)])
def test_an_object_outside_the_image_is_an_empty_layer(centre):
    layer = make_creature(np.random.default_rng(3), RED, 0.5).render(Pose(centre, 0.0, 10.0), 0, size=(120, 100))
    assert layer.alpha.size == 0
