"""Jumps of a lost target, with a filter that returns prepared values."""

import numpy as np
import pytest

from libs.memory.target import TargetState
from libs.utils.state import State
from pytracking.tracker.DMB import recovery
from pytracking.tracker.DMB.params import DMBParams
from pytracking.tracker.DMB.recovery import Recovery

IMAGE = np.zeros((100, 100, 3), np.uint8)
HERE = TargetState(np.array([20.0, 20.0]), np.array([10.0, 10.0]), 1.0)
THERE, ELSEWHERE = HERE.moved_to([80, 80]), HERE.moved_to([50, 50])


class Filter:
    """Says that the usual peak is 0.8, and what it sees at the places."""

    typical_score = 0.8

    def __init__(self, *scores):
        self.scores = scores

    def peak_scores(self, image, states):
        return list(self.scores)


@pytest.fixture(autouse=True)
def places(monkeypatch):
    monkeypatch.setattr(recovery, "search_frame", lambda spatial, image, state, count: [ELSEWHERE, THERE])


def lost(frames, **params):
    """A target that is lost for this many frames; the first of them is the third frame in which it is not found."""
    settings = {"redetection_interval": 2, "redetection_score": 0.5, "lost_after": 3}
    found = Recovery(DMBParams(**{**settings, **params}))
    for _ in range(2 + frames):
        found.settle(HERE, State.LOST)
    return found


def test_a_target_is_lost_after_some_frames_in_a_row_without_it():
    followed = Recovery(DMBParams(lost_after=3))
    seen = [State.TRACKED, State.LOST, State.LOST, State.LOST, State.LOST, State.DOUBTFUL, State.LOST]
    reported = [State.TRACKED, State.DOUBTFUL, State.DOUBTFUL, State.LOST, State.LOST, State.DOUBTFUL, State.DOUBTFUL]
    # The filter still places it, because it may be right.
    assert [followed.settle(HERE, state) for state in seen] == [(HERE, state) for state in reported]


@pytest.mark.parametrize(("frames", "jumps"), [(0, False), (1, True), (2, False), (3, True), (4, False)])
def test_a_lost_target_is_looked_for_every_few_frames(frames, jumps):
    assert lost(frames).look(IMAGE, HERE, Filter(0.3, 0.7)) is (THERE if jumps else HERE)


def test_without_an_interval_never():
    assert lost(1, redetection_interval=None).look(IMAGE, HERE, Filter(0.9, 0.9)) is HERE


@pytest.mark.parametrize(("score", "jumps"), [(0.41, True), (0.39, False)])
def test_the_best_place_must_look_like_the_target(score, jumps):
    """Half of the usual 0.8."""
    assert lost(1).look(IMAGE, HERE, Filter(0.1, score)) is (THERE if jumps else HERE)


@pytest.mark.parametrize("found", [State.DOUBTFUL, State.LOST])
def test_a_jump_to_where_the_target_is_not_is_taken_back(found):
    searching = lost(1)
    assert searching.look(IMAGE, HERE, Filter(0.7, 0.1)) is ELSEWHERE
    kept, reported = searching.settle(ELSEWHERE, found)
    assert (kept.box.tolist(), reported) == (HERE.box.tolist(), State.LOST)
    # It is lost as before: the search skips the next frame and uses the one after it.
    assert searching.look(IMAGE, HERE, Filter(0.7, 0.1)) is HERE
    assert searching.settle(HERE, State.LOST) == (HERE, State.LOST)
    assert searching.look(IMAGE, HERE, Filter(0.7, 0.1)) is ELSEWHERE


def test_a_jump_to_the_target_is_kept():
    searching = lost(1)
    state = searching.look(IMAGE, HERE, Filter(0.7, 0.1))
    assert searching.settle(state, State.TRACKED) == (ELSEWHERE, State.TRACKED)
    assert searching.look(IMAGE, ELSEWHERE, Filter(0.9, 0.9)) is ELSEWHERE
