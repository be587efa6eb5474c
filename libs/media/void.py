"""What the value 255 means in label masks: void pixels, which count for nothing, or the object of binary masks."""

from collections.abc import Collection, Sequence

import numpy as np

from libs.utils.errors import DataError

VOID = 255
BACKGROUND = 0
LAST_OBJECT = VOID - 1
"""The highest object number in a label mask."""


def is_void(shown: Sequence[Collection[int]], origin: str) -> bool:
    """Whether 255 is void in a set of masks; decided once for all, so that no object changes its number.

    Beside other values it is void, at borders or in whole frames; as the only value in all masks it is object 1 (as in
    DAVIS 2016).

    Args:
        shown: the values in each mask.
        origin: what the masks are, for the error message.

    Raises:
        DataError: some masks have 0 and 255, others 0 and 1: one object written in two ways, or void frames.
    """
    others = [set(values) - {BACKGROUND, VOID} for values in shown]
    numbers = set().union(*others)
    together = any(VOID in values and other for values, other in zip(shown, others, strict=True))
    if numbers == {1} and not together and any(VOID in values for values in shown):
        raise DataError(
            f"{origin}: some hold 0 and 255, others 0 and 1; write the object as 1 in all of them (or, where 255 means "
            "void, give it another object's company or delete those masks)"
        )
    return bool(numbers)


def without_void(labels: np.ndarray, void: bool) -> np.ndarray:
    """A label mask uint8 (H, W) in which 255 is background where it is void, else object 1; a copy where it changes."""
    found = labels == VOID
    return np.where(found, BACKGROUND if void else 1, labels).astype(np.uint8) if found.any() else labels
