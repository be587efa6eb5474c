import pytest

from pytracking.tracker.DMB.params import DMBParams
from pytracking.tracker.DMB.scale import ScaleFollower


class Follower(ScaleFollower):
    """With its own limits."""

    def step(self, scale, new_scale, pixels, uncertainty):
        return super().step(scale, new_scale, pixels, uncertainty, self.limits)


def follower(from_mask=False, pixels=1000, **params):
    return Follower(DMBParams(**params), from_mask, pixels)


@pytest.mark.parametrize(
    ("new_scale", "expected"),
    [(1.02, 1.02), (1.5, 1.05), (0.97, 0.97), (0.5, 0.95), (1.75, 1.0), (0.25, 1.0), (0.2, 1.0)],
)
def test_steps_are_small_and_wild_scales_are_ignored(new_scale, expected):
    assert follower().step(1.0, new_scale, 1000, 1.0) == pytest.approx(expected)


def test_larger_steps_after_a_start_from_a_mask():
    assert follower(from_mask=True).step(1.0, 1.5, 1000, 1.0) == pytest.approx(1.1)
    assert follower(from_mask=True).step(1.0, 0.5, 1000, 1.0) == pytest.approx(0.9)


def test_doubt_keeps_the_scale():
    assert follower().step(1.0, 1.04, 1000, 3.4) == pytest.approx(1.04)
    assert follower().step(1.0, 1.04, 1000, 3.5) == 1.0


def test_an_implausible_number_of_pixels_keeps_the_scale():
    assert follower().step(1.0, 1.04, 2999, 1.0) == pytest.approx(1.04)
    assert follower().step(1.0, 1.04, 3000, 1.0) == 1.0


def test_only_plausible_masks_enter_the_average():
    scale = follower(pixels=1000)
    scale.step(1.0, 1.0, 2500, 1.0)  # deviates by 1.5: not averaged
    assert scale.step(1.0, 1.04, 3000, 1.0) == 1.0
    scale.step(1.0, 1.0, 1900, 1.0)  # the average is 1450 now, so 3000 deviates by 1.07
    assert scale.step(1.0, 1.04, 3000, 1.0) == pytest.approx(1.04)


def test_estimation_can_be_switched_off():
    assert follower(segm_scale_estimation=False).step(1.0, 1.04, 1000, 1.0) == 1.0
