"""Learning rates by hand: 10 epochs of 100 clips, 10 clips a step."""

import pytest

from ltr.admin.settings import TrainSettings
from ltr.trainers.learning_rate import LAST_SHARE, learning_rate


def rates(*clips, **settings):
    """Rates after these numbers of clips, as shares of `lr`."""
    settings = TrainSettings(**{"epochs": 10, "clips_per_epoch": 100, "lr": 0.5, "lr_milestones": ()} | settings)
    return [learning_rate(settings, number, 10) / 0.5 for number in clips]


def test_the_warm_up_is_a_line_from_the_first_step():
    assert rates(0, 10, 20, 30, 40, 500, warm_up=4) == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])


def test_without_a_warm_up_the_first_step_is_whole():
    assert rates(0, 999) == [1, 1]


def test_each_milestone_multiplies_the_rate_by_the_factor():
    assert rates(0, 199, 200, 299, 300, 900, lr_milestones=(2, 3), lr_decay=0.1) == pytest.approx(
        [1, 1, 0.1, 0.1, 0.01, 0.01]
    )


def test_a_fall_over_the_last_share_is_half_a_cosine():
    """The last 40 % of 1000 clips: constant until 600, at the middle of the range at 800, at its foot at the end."""
    quarter = LAST_SHARE + (1 - LAST_SHARE) * (1 + 0.5**0.5) / 2
    assert rates(0, 600, 700, 800, 1000, 1200, lr_fall=0.4) == pytest.approx(
        [1, 1, quarter, (1 + LAST_SHARE) / 2, LAST_SHARE, LAST_SHARE]
    )


def test_a_fall_over_everything_begins_at_once_and_warms_up():
    assert rates(0, 500, lr_fall=1.0, warm_up=2) == pytest.approx([0.5, (1 + LAST_SHARE) / 2])


def test_the_end_may_move_from_one_resumption_to_the_next():
    """At clip 800 a run of 10 epochs is in the middle of its fall; one that now ends after 20 is constant again."""
    assert rates(800, 1200, 1600, epochs=20, lr_fall=0.4) == pytest.approx([1, 1, (1 + LAST_SHARE) / 2])
