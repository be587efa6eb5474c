"""How sure the tracker is: the probability that its region is right, and whether it has lost the target."""

import numpy as np

from libs.memory.policy import Evidence
from libs.utils.state import State
from pytracking.tracker.DMB.params import DMBParams


def score_of(peak: float, evidence: Evidence, params: DMBParams) -> float:
    """The probability that the region overlaps the target by more than half, 0..1.

    A logistic regression on what both memories see in the frame, fitted for a network (`score_weights`).

    Args:
        peak: the filter's highest score.
        evidence: of the frame.
    """
    seen = (1.0, peak, evidence.mask_score, evidence.agreement, evidence.likeness)
    logit = np.dot(params.score_weights, seen)
    return float(1 / (1 + np.exp(-np.clip(logit, -50, 50))))


def state_of(score: float, params: DMBParams) -> State:
    """Whether a target with such a score is tracked."""
    if score < params.lost_score:
        return State.LOST
    return State.TRACKED if score >= 0.5 else State.DOUBTFUL
