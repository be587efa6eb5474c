"""Unusual videos: `track` raises nothing, and what it returns is finite and inside bounds."""

import math
import types

import cv2
import numpy as np
import pytest

from libs.dataset.rendered.sequences import render_sequence
from libs.utils.masks import box_to_mask
from libs.utils.metrics import region_similarity
from pytracking.evaluation.tracker import Tracker
from tests.sane import check_sane

SIZE = WIDTH, HEIGHT = 160, 120
FRAMES = 8
GRAY = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)


@pytest.fixture(scope="module")
def tracker():
    # So that the box is the polygon's, which `check_sane` checks.
    return Tracker("DMB", "DMB_default_params").create_tracker(device="cpu", box_from="polygon")


@pytest.fixture(scope="module")
def easy():
    return render_sequence("easy", FRAMES, SIZE)


def check_run(tracker, frames, box):
    """Track, checking each output. Returns the last one."""
    output = tracker.initialize(frames[0], {"init_bbox": box})
    side = math.sqrt(tracker.state.size.prod())
    check_sane(output, frames[0].shape, side)
    for frame in frames[1:]:
        output = tracker.track(frame)
        check_sane(output, frame.shape, side)
        assert (tracker.state.centre >= 0).all()
        assert (tracker.state.centre <= frame.shape[1::-1]).all()
    return output


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros_like(GRAY),
        np.full_like(GRAY, 255),
        np.zeros((24, 50, 3), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        GRAY[..., 0],
        np.dstack([GRAY, GRAY[..., 0]]),
    ],
    ids=["black", "white", "another size", "one pixel", "grayscale", "RGBA"],
)
def test_the_target_is_gone(tracker, easy, frame):
    check_run(tracker, [easy.frame(0), *[frame] * FRAMES], easy.regions[0])


def test_frames_of_changing_size(tracker, easy):
    scales = (1, 0.5, 2, 0.1, 3, 1, 0.02, 1)
    frames = [cv2.resize(easy.frame(index), None, fx=scale, fy=scale) for index, scale in enumerate(scales)]
    check_run(tracker, frames, easy.regions[0])


@pytest.mark.parametrize(
    "box",
    [
        [80, 60, 2, 2],
        [0, 0, 1, 1.5],
        [70, 10, 0.5, 100],
        [0, 0, *SIZE],
        [-WIDTH, -HEIGHT, 3 * WIDTH, 3 * HEIGHT],
        [-20, -10, 60, 40],
        [150, 10, 40, 400],
    ],
    ids=["2 px", "1 px in a corner", "a hair", "the whole frame", "larger than the frame", "across a corner", "a wall"],
)
def test_targets_of_odd_sizes(tracker, easy, box):
    check_run(tracker, [easy.frame(index) for index in range(4)], box)


@pytest.mark.parametrize("box", [[40, 30, 30, 30], [0, 0, *SIZE]], ids=["a part of it", "all of it"])
def test_a_constant_video(tracker, box):
    """Whatever is segmented there, even outside the image, where its border is repeated."""
    check_run(tracker, [GRAY] * FRAMES, box)


def test_a_target_grows_to_the_longer_side_of_the_image_at_most(tracker, easy):
    """A square of 98 of the crop's 256 pixels is segmented in every frame; the target itself has 96."""
    tracker.initialize(easy.frame(0), {"init_mask": box_to_mask([60, 40, 40, 40], easy.frame(0).shape)})
    on_target, sides = np.zeros((256, 256), dtype=bool), []
    on_target[79:177, 79:177] = True
    certain = types.SimpleNamespace(centre=np.zeros(2), uncertainty=0.0)
    for _ in range(80):
        window, shape = tracker._segmentation_window(), easy.frame(0).shape
        found = tracker.fitter.fit(on_target, on_target.astype(float), window, shape)
        tracker.state = tracker.rules.follow(tracker.state, found, certain, shape, None)
        sides.append(math.sqrt(tracker.state.size.prod()))
    assert sides[0] == pytest.approx(40 * 98 / 96, rel=0.01)
    assert sides[-1] == pytest.approx(WIDTH)


@pytest.mark.slow
def test_a_target_that_leaves_for_200_frames_is_found_again(tracker):
    sequence = render_sequence("out_of_view", 120, SIZE)
    hidden = [index for index in range(len(sequence)) if not sequence.mask(index).any()]
    gone = [hidden[len(hidden) // 2]] * 200
    order = [*range(gone[0]), *gone, *range(gone[0], len(sequence))]
    output = check_run(tracker, [sequence.frame(index) for index in order], sequence.regions[0])
    assert region_similarity(output["segmentation"], sequence.mask(len(sequence) - 1)) > 0.5


@pytest.mark.slow
@pytest.mark.parametrize("side", [40, 1200], ids=["small", "large"])
def test_8k_frames(tracker, side):
    rng = np.random.default_rng(0)
    image = cv2.resize(rng.integers(0, 255, (54, 96, 3), dtype=np.uint8), (7680, 4320))
    frames = [image.copy() for _ in range(3)]
    for index, frame in enumerate(frames):
        frame[2000 : 2000 + side, 4000 + 10 * index : 4000 + 10 * index + side] = (220, 60, 50)
    check_run(tracker, frames, [4000, 2000, side, side])
