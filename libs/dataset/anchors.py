"""Anchors of the multi-start protocol of VOT2020 and later: where a tracker starts, and in which direction it runs."""

import numpy as np

ANCHOR = "anchor"
"""Name of the numbers in `Sequence.values`: 1 where a run forwards begins, -1 where one backwards does, else 0."""
DISTANCE = 50


def place_anchors(visible: np.ndarray) -> np.ndarray:
    """(T,) int anchors as the VOT2020 report places them: about every 50 frames, the first and last frame included.

    A run takes the longer direction. Where the target is hidden, the anchor moves to the nearest frame that shows it.

    Args:
        visible: (T,) bool: frames in which the target can be started from; the first one is.
    """
    length = len(visible)
    anchors = np.zeros(length, dtype=int)
    shown = np.flatnonzero(visible)
    for wanted in np.linspace(0, length - 1, 1 + max(1, round((length - 1) / DISTANCE))).round():
        frame = shown[np.argmin(np.abs(shown - wanted))]
        anchors[frame] = 1 if frame <= (length - 1) / 2 else -1
    return anchors
