"""Each rule by hand: shapes and score maps that are made, not seen."""

import math

import numpy as np
import pytest
import torch

from libs.dcf.localization import Flag
from libs.memory.spatial import Localization
from libs.memory.target import TargetState
from libs.utils.boxes import box_to_polygon
from libs.utils.crops import CropWindow
from pytracking.tracker.DMB.params import DMBParams
from pytracking.tracker.DMB.rules import Rules, moved_inside
from pytracking.tracker.DMB.shape import Shape

IMAGE = (200, 300, 3)


def rules(from_mask=False, pixels=400, **params):
    return Rules(DMBParams(**params), from_mask, pixels)


def located(uncertainty=1.0, flag=Flag.FOUND, scores=((100, 100, 1.0),)):
    """Scores at points (x, y) of the image: the search crop's corner is the image's, and so is its scale."""
    score_map = torch.zeros(256, 256)
    for x, y, score in scores:
        score_map[y, x] = score
    peak = score_map.max().item()
    row, column = divmod(int(score_map.argmax()), 256)
    window, centre = CropWindow(0, 0, 256, 256), np.array([column, row], float)
    return Localization(centre, centre - 128, peak, flag, uncertainty, score_map, None, window, torch.zeros(1))


def state_at(x=100.0, y=100.0):
    """A target of 20 x 20 pixels in the image, in a crop of as many pixels."""
    return TargetState(np.array([x, y]), np.array([20.0, 20.0]), 1.0)


def shape(x=100, y=100, width=20, height=20, pixels=400):
    box = np.array([x - width / 2, y - height / 2, width, height])
    return Shape(box_to_polygon(box), box, np.zeros(IMAGE[:2], bool), pixels, 0.9)


NOTHING = Shape(None, None, np.zeros(IMAGE[:2], bool), 0, 0.0)


@pytest.mark.parametrize(
    ("uncertainty", "flag", "certain", "confident", "segmented"),
    [
        (2.9, Flag.FOUND, True, True, True),
        (2.9, Flag.HARD_NEGATIVE, True, True, True),
        (2.9, Flag.UNCERTAIN, True, False, True),
        (2.9, Flag.NOT_FOUND, True, False, True),
        (3.0, Flag.FOUND, False, False, True),
        (10.0, Flag.FOUND, False, False, True),
        (10.1, Flag.FOUND, False, False, False),
        (math.inf, Flag.FOUND, False, False, False),
    ],
)
def test_uncertainty_and_flag_decide_what_is_done(uncertainty, flag, certain, confident, segmented):
    seen = located(uncertainty, flag)
    decided = rules()
    assert (decided.is_certain(seen), decided.is_confident(seen), decided.is_segmented(seen)) == (
        certain,
        confident,
        segmented,
    )


class TestAgreement:
    """Rule A: the filter must see the target at the mask's centre too."""

    @pytest.mark.parametrize(("score", "believed"), [(0.76, True), (0.75, True), (0.74, False), (0.0, False)])
    def test_the_score_at_the_masks_centre_decides(self, score, believed):
        seen = located(scores=[(100, 100, 1.0), (120, 90, score)])
        assert rules(mask_agreement=0.75).believes(shape(120, 90), seen, state_at()) == believed

    def test_it_is_a_share_of_the_peak(self):
        seen = located(scores=[(100, 100, 0.5), (120, 90, 0.36)])
        assert rules(mask_agreement=0.7).believes(shape(120, 90), seen, state_at())

    def test_a_filter_that_is_not_certain_is_not_asked(self):
        seen = located(uncertainty=3.0)
        assert rules(mask_agreement=0.7).believes(shape(120, 90), seen, state_at())

    def test_an_empty_mask_is_nothing_to_doubt(self):
        assert rules(mask_agreement=0.7, mask_area_ratio=2.0).believes(NOTHING, located(), state_at())

    def test_the_paper_believes_every_mask(self):
        assert rules().believes(shape(250, 10, 90, 90), located(), state_at())


class TestArea:
    """Rule E: a mask of another size than the target's does not count."""

    @pytest.mark.parametrize(
        ("width", "height", "believed"), [(40, 20, True), (41, 20, False), (20, 10, True), (20, 9.9, False)]
    )
    def test_within_a_half_and_twice(self, width, height, believed):
        assert rules(mask_area_ratio=2.0).believes(shape(100, 100, width, height), located(), state_at()) == believed

    def test_without_the_rule_size_does_not_matter(self):
        assert rules().believes(shape(100, 100, 3, 3), located(), state_at())


class TestFollow:
    def test_the_mask_decides_the_position(self):
        state = rules().follow(state_at(), shape(110, 95), located(), IMAGE)
        assert state.centre.tolist() == [110, 95]
        assert state.scale == 1.0

    def test_or_the_filter_where_it_is_certain(self):
        """Rule B."""
        decided = rules(position_from="filter")
        assert decided.follow(state_at(), shape(110, 95), located(), IMAGE).centre.tolist() == [100, 100]
        doubted = decided.follow(state_at(), shape(110, 95), located(uncertainty=5.0), IMAGE)
        assert doubted.centre.tolist() == [110, 95]

    @pytest.mark.parametrize(("side", "scale"), [(20.4, 1.02), (22, 1.02), (19.9, 0.995), (16, 0.99)])
    def test_the_scale_follows_in_the_steps_that_are_set(self, side, scale):
        """Rule E: -1 % and +2 %."""
        decided = rules(min_scale_change_factor=0.99, max_scale_change_factor=1.02)
        state = decided.follow(state_at(), shape(100, 100, side, side), located(), IMAGE)
        assert state.scale == pytest.approx(scale)

    def test_larger_steps_after_a_start_from_a_mask(self):
        state = rules(from_mask=True).follow(state_at(), shape(100, 100, 30, 30), located(), IMAGE)
        assert state.scale == pytest.approx(1.1)

    def test_no_mask_changes_nothing(self):
        state = state_at()
        assert rules().follow(state, NOTHING, located(), IMAGE) is state


def test_the_mask_threshold_depends_on_the_start():
    assert rules().mask_threshold == 0.5
    assert rules(from_mask=True).mask_threshold == 0.2


def test_expected_pixels_are_the_mean_of_the_last_masks():
    decided = rules(pixels=400)
    assert decided.expected_pixels == 400
    decided.follow(state_at(), shape(pixels=600), located(), IMAGE)
    assert decided.expected_pixels == 500


def test_a_state_moves_no_further_than_the_border():
    assert moved_inside(state_at(), np.array([-5.0, 250.0]), IMAGE).centre.tolist() == [0, 200]
    assert moved_inside(state_at(), np.array([299.5, 30.0]), IMAGE).centre.tolist() == [299.5, 30]
