"""By which rules each benchmark's own toolkit compares boxes to the truth; a dataset's `Convention` names one."""

import dataclasses

import numpy as np

from libs.dataset.convention import Convention
from libs.utils.errors import SettingsError

LEFT_OUT, MISSED, PRECISE = "left out", "missed", "precise"


@dataclasses.dataclass(frozen=True)
class ScoringRules:
    """How frames count.

    Attributes:
        absent: frames in which the target is absent are `LEFT_OUT`; or they count, `MISSED` in every measure, or
            `PRECISE`: missed in overlap, but at no distance.
        outside: the same of frames whose true box begins left of or above the image, in the dataset's own numbers (0 or
            less); None: they count like any other.
        repaired: whether the first box is the given one, whatever was reported, and one that is missing or without area
            the one before it.
        clipped: whether boxes are cut to the image, in the way of GOT-10k's toolkit.
    """

    absent: str = LEFT_OUT
    outside: str | None = None
    repaired: bool = False
    clipped: bool = False


RULES = {
    # Boxes are compared as they stand.
    "plain": ScoringRules(),
    # calcSeqErrRobust.m and perfPlot.m (also of UAV123): where the truth has a number that is not over 0, overlap and
    # distance are set to -1, which is below every threshold; it is divided by the number of all frames.
    "otb": ScoringRules(absent=PRECISE, outside=PRECISE, repaired=True),
    # LaSOT's calc_seq_err_robust.m takes absent frames out before that, and eval_tracker.m divides by all frames.
    "lasot": ScoringRules(absent=MISSED, outside=PRECISE, repaired=True),
    # got10k/experiments/got10k.py: invisible frames are taken out; rect_iou cuts to the image.
    "got10k": ScoringRules(clipped=True),
}


def rules_of(convention: Convention, absent: str | None = None) -> ScoringRules:
    """The rules of a dataset.

    Args:
        convention: of the dataset.
        absent: how frames without a target count in place of the dataset's own way; None: that.

    Raises:
        SettingsError: the convention names rules that there are not.
    """
    if convention.rules not in RULES:
        raise SettingsError(
            f"there are no rules {convention.rules!r} of a dataset's convention; use {', '.join(RULES)}"
        )
    rules = RULES[convention.rules]
    return dataclasses.replace(rules, absent=absent) if absent else rules


def repair(boxes: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(T, 4) boxes of which the first is the true one, and one that is missing, where there is a truth, that before."""
    boxes = np.concatenate([truth[:1], boxes[1:]])
    missing = np.isnan(boxes).all(axis=1) | (boxes[:, 2:] <= 0).any(axis=1)
    for index in np.flatnonzero(missing & ~np.isnan(truth).any(axis=1)):
        boxes[index] = boxes[index - 1]
    return boxes


def clip_to_image(boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(T, 4) boxes cut to an image of (width, height) as GOT-10k's toolkit does it.

    What is left of or above the image moves into it, at its full size as far as that fits.
    """
    corner = np.clip(boxes[:, :2], 0, size)
    return np.concatenate([corner, np.clip(boxes[:, 2:], 0, np.array(size) - corner)], axis=1)
