"""A tracker with known numbers, to check an evaluation; `pytracking.tracker.static` is another."""

from collections.abc import Iterable

import numpy as np

from libs.dataset.sequence import Sequence


class OracleTracker:
    """Returns the ground truth: accuracy 1, no failure.

    Args:
        sequences: all sequences that it will be tested on.
    """

    def __init__(self, sequences: Iterable[Sequence]) -> None:
        self._polygons = {sequence.name: sequence.polygons for sequence in sequences}

    def init(self, image: np.ndarray, state: np.ndarray, name: str) -> None:
        """Start in the frame where `state` is the true region."""
        polygons = self._polygons[name]
        start = next(index for index, polygon in enumerate(polygons) if np.allclose(polygon.ravel(), state))
        self._coming = iter(polygons[start + 1 :])

    def update(self, image: np.ndarray) -> np.ndarray:
        """The next frame's true polygon."""
        return next(self._coming)
