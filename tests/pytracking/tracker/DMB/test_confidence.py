"""Score and state by hand."""

import math

import pytest

from libs.memory.policy import Evidence
from libs.utils.state import State
from pytracking.tracker.DMB.confidence import score_of, state_of
from pytracking.tracker.DMB.params import DMBParams


@pytest.mark.parametrize(
    ("peak", "seen", "logit"),
    [
        (0.0, (0.0, 0.0, 0.0), -2.0),
        (0.5, (0.0, 0.0, 0.0), -2.0 + 1.5),
        (0.5, (0.5, 0.0, 0.0), -2.0 + 1.5 + 2.0),
        (0.5, (0.5, 1.0, 0.0), -2.0 + 1.5 + 2.0 + 0.5),
        (0.5, (0.5, 1.0, -0.5), -2.0 + 1.5 + 2.0 + 0.5 - 1.0),
        (1000.0, (1.0, 1.0, 1.0), 50.0),
    ],
)
def test_a_score_is_the_logistic_of_what_both_memories_see(peak, seen, logit):
    params = DMBParams(score_weights=(-2.0, 3.0, 4.0, 0.5, 2.0))
    mask_score, agreement, likeness = seen
    evidence = Evidence(7, mask_score=mask_score, agreement=agreement, likeness=likeness)
    assert score_of(peak, evidence, params) == pytest.approx(1 / (1 + math.exp(-logit)))


@pytest.mark.parametrize(
    ("score", "state"),
    [(1.0, State.TRACKED), (0.5, State.TRACKED), (0.49, State.DOUBTFUL), (0.1, State.DOUBTFUL), (0.09, State.LOST)],
)
def test_a_score_says_whether_the_target_is_tracked(score, state):
    assert state_of(score, DMBParams(lost_score=0.1)) is state


def test_by_default_nothing_is_lost():
    assert state_of(0.0, DMBParams()) is State.DOUBTFUL
