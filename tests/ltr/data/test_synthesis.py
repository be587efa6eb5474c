"""Clips from stills: image and mask move together; layers cover each other in the right order."""

import numpy as np
import pytest

from libs.utils.masks import mask_to_box
from ltr.data.synthesis import DISTRACTOR, TARGET, SynthesisSettings, synthesize_clip

RED, BLUE = (250, 20, 20), (20, 20, 250)
PLAIN = SynthesisSettings(paste=0.0, distractor=0.0, occluder=0.0)


def still(colour, centre=(60, 45), radius=16, shape=(90, 120)):
    """A gray picture with a disc in a pure colour, and its mask."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    disc = (columns - centre[0]) ** 2 + (rows - centre[1]) ** 2 < radius**2
    image = np.full((*shape, 3), 110, dtype=np.uint8)
    image[disc] = colour
    return image, disc


def other():
    return still(BLUE, (30, 30), 12)


def interior(mask):
    """The mask without its border, where colours mix."""
    inner = mask.copy()
    for axis in (0, 1):
        for step in (-2, -1, 1, 2):
            inner &= np.roll(mask, step, axis)
    return inner


@pytest.mark.parametrize("paste", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_image_and_mask_move_together(paste, seed):
    settings = PLAIN.replace(paste=paste)
    clip = synthesize_clip(np.random.default_rng(seed), still(RED), other, settings)
    assert len(clip) == 3
    for image, labels in clip:
        target = interior(labels == TARGET)
        red = (image[..., 0] > 200) & (image[..., 1] < 60)
        assert red[target].all()
        assert not red[interior(labels != TARGET)].any()
    assert (clip[0][1] == TARGET).any()


def test_object_and_background_move_apart():
    calm = PLAIN.replace(background_travel=0.0, background_turn=0.0, background_bend=0.0)
    image, mask = still(RED)
    image[5:15, 5:15] = (0, 200, 0)
    clip = synthesize_clip(np.random.default_rng(1), (image, mask), other, calm)
    green = [np.argwhere((frame[..., 1] > 180) & (frame[..., 0] < 40)).mean(axis=0) for frame, _ in clip]
    targets = [np.argwhere(labels == TARGET).mean(axis=0) for _, labels in clip]
    np.testing.assert_allclose(green[2], green[0], atol=0.5)
    assert np.linalg.norm(targets[2] - targets[0]) > 3


def test_the_place_behind_the_object_is_filled_in():
    restless = PLAIN.replace(object_travel=3.0, object_turn=0.0, object_bend=0.0)
    clip = synthesize_clip(np.random.default_rng(0), still(RED), other, restless)
    image, labels = clip[2]
    assert not ((image[..., 0] > 150) & (labels != TARGET))[interior(labels != TARGET)].any()


def test_an_occluder_hides_the_target_and_a_distractor_does_not():
    front = PLAIN.replace(occluder=1.0)
    behind = PLAIN.replace(distractor=1.0)
    hidden = labelled = 0
    for seed in range(12):
        clip = synthesize_clip(np.random.default_rng(seed), still(RED), other, front)
        blue = [(image[..., 2] > 200) & (image[..., 0] < 60) for image, _ in clip]
        assert not any((mask & interior(labels == TARGET)).any() for mask, (_, labels) in zip(blue, clip, strict=True))
        hidden += any(mask.any() for mask in blue)
        clip = synthesize_clip(np.random.default_rng(seed), still(RED), other, behind)
        labelled += any((labels == DISTRACTOR).any() for _, labels in clip)
    assert hidden >= 6
    assert labelled >= 9


def test_a_distractor_beside_the_target_is_near_it_and_about_as_large():
    near = PLAIN.replace(distractor=1.0, beside=1.0)
    target = still(RED, (160, 120), 16, (240, 320))
    apart = 0
    for seed in range(20):
        _, labels = synthesize_clip(np.random.default_rng(seed), target, other, near)[0]
        x, y, w, h = mask_to_box(labels == DISTRACTOR)
        distance = np.hypot(x + w / 2 - 160, y + h / 2 - 120)
        if distance > 36:  # Otherwise the target hides a part of it.
            apart += 1
            assert distance < 1.4 * 32 + 3
            assert 0.5 < np.sqrt(w * h) / 32 < 2
    assert apart >= 6


def test_a_part_is_labelled_in_every_frame_and_the_rest_of_the_object_is_background():
    image, mask = still((200, 200, 200), radius=20)
    image[mask & (np.mgrid[:90, :120][0] < 45)] = RED
    settings = PLAIN.replace(part=1.0, object_turn=0.0, object_bend=0.0, object_travel=0.1)
    smaller = 0
    for seed in range(12):
        clip = synthesize_clip(np.random.default_rng(seed), (image, mask), other, settings)
        sizes = [(labels == TARGET).sum() for _, labels in clip]
        red = [interior(labels == TARGET) & (frame[..., 1] < 60) for frame, labels in clip]
        assert 0.15 * mask.sum() <= sizes[0] <= mask.sum()
        assert set(np.unique(clip[0][1])) == {0, TARGET}
        # The part moves with the object: it still shows the same share of its red half.
        np.testing.assert_allclose([r.sum() for r in red[1:]], [red[0].sum()] * 2, rtol=0.3, atol=15)
        smaller += sizes[0] < 0.9 * mask.sum()
    assert smaller >= 8


def test_the_first_frame_always_shows_the_target():
    wild = SynthesisSettings(paste=1.0, part=0.5, distractor=1.0, beside=0.5, occluder=1.0)
    for seed in range(20):
        clip = synthesize_clip(np.random.default_rng(seed), still(RED, radius=3), other, wild)
        assert (clip[0][1] == TARGET).any()


def test_large_stills_are_shrunk():
    small = PLAIN.replace(canvas_size=60)
    clip = synthesize_clip(np.random.default_rng(0), still(RED), other, small)
    assert clip[0][0].shape == (45, 60, 3)
    assert clip[0][1].shape == (45, 60)
