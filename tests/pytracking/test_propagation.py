import numpy as np
import pytest

from libs.utils.errors import DataError
from pytracking.propagation import propagate
from pytracking.tracker.base.basetracker import BaseTracker


class Counter(BaseTracker):
    """Its box is where it was shown, plus the frames since then; its score falls by 0.1 a frame."""

    def initialize(self, image, info):
        self.start = np.ravel(info["init_bbox"]).astype(float)
        self.steps = 0

    def track(self, image, info=None):
        self.steps += 1
        return {"target_bbox": self.start + [self.steps, 0, 0, 0], "score": 1 - 0.1 * self.steps}


class Video:
    """Frames of 30 x 90 with their number as pixel value; notes which are read."""

    def __init__(self, length):
        self.length, self.read = length, []

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        self.read.append(index)
        return np.full((30, 90, 3), index, np.uint8)


def column(number):
    return [number, 0, 5, 5]


def followed(prompts, length=9, **options):
    """Left edge of each object's box in every frame: tens are the frame of its prompt, units the frames since."""
    steps = list(propagate(Counter(None), Video(length), prompts, **options))
    assert [step.index for step in steps] == list(range(length))
    assert all((step.image == step.index).all() for step in steps)
    return [{number: round(result.box[0]) for number, result in step.results.items()} for step in steps]


def test_a_prompt_in_the_middle_is_enough_for_all_of_it():
    assert followed({3: {1: column(10)}}, 6) == [{1: 13}, {1: 12}, {1: 11}, {1: 10}, {1: 11}, {1: 12}]


def test_between_two_prompts_each_frame_is_from_the_nearer():
    found = followed({1: {1: column(10)}, 6: {1: column(20)}})
    # Frame 0 is from 1, backwards; 2 and 3 from 1; 4 and 5 from 6, backwards; 7 and 8 from 6.
    assert [each[1] for each in found] == [11, 10, 11, 12, 22, 21, 20, 21, 22]


def test_a_frame_half_way_is_from_the_one_before():
    assert [each[1] for each in followed({0: {1: column(10)}, 4: {1: column(20)}}, 5)] == [10, 11, 12, 21, 20]


def test_objects_that_are_shown_in_other_frames():
    found = followed({0: {1: column(10)}, 4: {2: column(30), 1: column(20)}}, 6)
    assert [each[1] for each in found] == [10, 11, 12, 21, 20, 21]
    assert [each[2] for each in found] == [34, 33, 32, 31, 30, 31]


def test_the_higher_score_counts():
    """A falling score selects the nearer prompt; a growing one, the farther."""
    prompts = {0: {1: column(10)}, 5: {1: column(20)}}
    assert [each[1] for each in followed(prompts, 6, choose="score")] == [10, 11, 12, 22, 21, 20]

    class Grows(Counter):
        def track(self, image, info=None):
            return {**super().track(image), "score": 0.1 * self.steps}

    steps = propagate(Grows(None), Video(6), prompts, choose="score")
    assert [round(step.results[1].box[0]) for step in steps] == [10, 24, 23, 13, 14, 20]


def test_no_more_frames_are_followed_than_are_needed():
    video = Video(100)
    list(propagate(Counter(None), video, {0: {1: column(10)}, 99: {1: column(20)}}))
    # Once in one direction, and again only those from the backward pass, and both prompts.
    assert len(video.read) <= 152
    video = Video(100)
    list(propagate(Counter(None), video, {0: {1: column(10)}}))
    assert video.read == [0, *range(100)]


def test_masks_are_kept_as_they_are():
    class Shifts(Counter):
        def initialize(self, image, info):
            self.mask = np.asarray(info["init_mask"]) > 0

        def track(self, image, info=None):
            self.mask = np.roll(self.mask, 1, axis=1)
            return {"target_bbox": [0, 0, 5, 5], "segmentation": self.mask}

    mask = np.random.default_rng(0).random((30, 90)) > 0.5
    masks = [step.results[1].mask for step in propagate(Shifts(None), Video(5), {3: {1: mask}})]
    for found, shift in zip(masks, (3, 2, 1, 0, 1), strict=True):
        np.testing.assert_array_equal(found, np.roll(mask, shift, axis=1))


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ({}, "nothing is shown of any object"),
        ({9: {1: column(10)}}, "frame 9 shows an object, but the frames are 0 to 8"),
        ({-1: {1: column(10)}}, "frame -1 shows"),
        ({0: {1: np.zeros((30, 90))}}, "mask is empty"),
    ],
)
def test_prompts_that_cannot_be_used(prompts, message):
    with pytest.raises(DataError, match=message):
        list(propagate(Counter(None), Video(9), prompts))
