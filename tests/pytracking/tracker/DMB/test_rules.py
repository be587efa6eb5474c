"""Each rule by hand, with synthetic shapes and score maps."""

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


def rules(from_mask=False, pixels=400, upright=False, **params):
    return Rules(DMBParams(**params), from_mask, pixels, upright)


def never_asked(states):
    raise AssertionError("the filter is asked without need")


def located(uncertainty=1.0, flag=Flag.FOUND, scores=((100, 100, 1.0),)):
    """Scores at points (x, y) of the image: the search crop's corner is the image's, and so is its scale."""
    score_map = np.zeros((256, 256), dtype=np.float32)
    for x, y, score in scores:
        score_map[y, x] = score
    peak = score_map.max().item()
    row, column = divmod(int(score_map.argmax()), 256)
    window, centre = CropWindow(0, 0, 256, 256), np.array([column, row], float)
    return Localization(centre, centre - 128, peak, flag, uncertainty, score_map, None, window, torch.zeros(1))


def state_at(x=100.0, y=100.0):
    """A target of 20 x 20 image pixels, in a crop of the same scale."""
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
        state = rules().follow(state_at(), shape(110, 95), located(), IMAGE, never_asked)
        assert state.centre.tolist() == [110, 95]
        assert state.scale == 1.0

    @pytest.mark.parametrize(("share", "centre"), [(1.0, [100, 100]), (0.25, [107.5, 96.25])])
    def test_or_the_filter_where_it_is_certain(self, share, centre):
        """Rule B."""
        decided = rules(filter_share=share)
        assert decided.follow(state_at(), shape(110, 95), located(), IMAGE, never_asked).centre.tolist() == centre
        doubted = decided.follow(state_at(), shape(110, 95), located(uncertainty=5.0), IMAGE, never_asked)
        assert doubted.centre.tolist() == [110, 95]

    @pytest.mark.parametrize(("side", "scale"), [(20.4, 1.02), (22, 1.02), (19.9, 0.995), (16, 0.99)])
    def test_the_scale_follows_in_the_steps_that_are_set(self, side, scale):
        """Rule E: -1 % and +2 %."""
        decided = rules(min_scale_change_factor=0.99, max_scale_change_factor=1.02)
        state = decided.follow(state_at(), shape(100, 100, side, side), located(), IMAGE, never_asked)
        assert state.scale == pytest.approx(scale)

    def test_larger_steps_after_a_start_from_a_mask(self):
        state = rules(from_mask=True).follow(state_at(), shape(100, 100, 30, 30), located(), IMAGE, never_asked)
        assert state.scale == pytest.approx(1.1)

    def test_no_mask_changes_nothing(self):
        state = state_at()
        assert rules().follow(state, NOTHING, located(), IMAGE, never_asked) is state


class TestWitness:
    """The filter is asked about a change of scale, and allows or forbids a large step."""

    ASKED = {"scale_witness": True, "slow_scale_change": (0.99, 1.02)}

    @pytest.mark.parametrize(
        ("side", "scores", "scale"),
        [
            (30, [0.5, 0.6], 1.05),
            (30, [0.5, 0.5], 1.02),
            (14, [0.5, 0.6], 0.95),
            (14, [0.6, 0.5], 0.99),
        ],
        ids=["grows", "does not grow", "shrinks", "does not shrink"],
    )
    def test_a_large_step_needs_a_higher_score(self, side, scores, scale):
        asked = []

        def scores_of(states):
            asked.extend(state.scale for state in states)
            return scores

        state = rules(**self.ASKED).follow(state_at(), shape(100, 100, side, side), located(), IMAGE, scores_of)
        assert state.scale == pytest.approx(scale)
        assert asked == pytest.approx([1.0, 1.075 if side > 20 else 1 / 1.075])

    @pytest.mark.parametrize("side", [21.3, 18.8])
    def test_a_small_change_needs_no_witness(self, side):
        state = rules(**self.ASKED).follow(state_at(), shape(100, 100, side, side), located(), IMAGE, never_asked)
        assert state.scale == pytest.approx(np.clip(side / 20, 0.95, 1.05))

    def test_a_filter_that_is_not_certain_is_no_witness(self):
        seen = located(uncertainty=3.2)
        state = rules(**self.ASKED).follow(state_at(), shape(100, 100, 30, 30), seen, IMAGE, never_asked)
        assert state.scale == pytest.approx(1.02)


class TestRegion:
    """The region reported for a mask that is believed."""

    def test_it_is_the_masks_rectangle(self):
        polygon, box = rules().region(shape(110, 95), located())
        assert polygon == pytest.approx(box_to_polygon([100, 85, 20, 20]))
        assert box == pytest.approx([100, 85, 20, 20])

    def test_its_centre_is_between_mask_and_peak(self):
        polygon, _ = rules(region_filter_share=0.25).region(shape(110, 96), located())
        assert polygon.mean(axis=0) == pytest.approx([107.5, 97])

    def test_a_filter_that_is_not_certain_has_no_share(self):
        polygon, _ = rules(region_filter_share=0.25).region(shape(110, 96), located(uncertainty=3.0))
        assert polygon.mean(axis=0) == pytest.approx([110, 96])

    def test_upright_sizes_are_smoothed(self):
        """Half of the logarithm from before: sqrt(20 * 80) = 40 wide, sqrt(20 * 5) = 10 high."""
        decided = rules(upright=True, region_smoothing=0.5)
        assert decided.region(shape(), located())[1] == pytest.approx([90, 90, 20, 20])
        assert decided.region(shape(100, 100, 80, 5), located())[1] == pytest.approx([80, 95, 40, 10])

    def test_the_box_is_the_masks_own_unless_it_is_to_be_the_polygons(self):
        turned = Shape(
            np.array([[100.0, 90], [110, 100], [100, 110], [90, 100]]), np.array([92.0, 92, 16, 16]), None, 9, 1
        )
        assert rules(box_from="polygon").region(turned, located())[1] == pytest.approx([90, 90, 20, 20])
        assert rules().region(turned, located())[1] == pytest.approx([92, 92, 16, 16])


def test_the_mask_threshold_depends_on_the_start():
    assert rules().mask_threshold == 0.5
    assert rules(from_mask=True).mask_threshold == 0.2


def test_expected_pixels_are_the_mean_of_the_last_masks():
    decided = rules(pixels=400)
    assert decided.expected_pixels == 400
    decided.follow(state_at(), shape(pixels=600), located(), IMAGE, never_asked)
    assert decided.expected_pixels == 500


def test_a_state_moves_no_further_than_the_border():
    assert moved_inside(state_at(), np.array([-5.0, 250.0]), IMAGE).centre.tolist() == [0, 200]
    assert moved_inside(state_at(), np.array([299.5, 30.0]), IMAGE).centre.tolist() == [299.5, 30]
