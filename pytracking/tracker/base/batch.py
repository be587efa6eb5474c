"""A tracker that takes several objects through a frame as one batch."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from pytracking.tracker.base.basetracker import SegmentationTracker


class BatchTracker(SegmentationTracker):
    """A `SegmentationTracker` whose two halves of a frame are written for several trackers of one network at once.

    Attributes:
        most_together: of a batch; halved where the device's memory does not suffice.
        side_by_side: batches that go through a frame at once, each in a thread of its own. Trackers of one network must
            not change what they share.
    """

    most_together: int = 254
    side_by_side: int = 1

    @property
    def batch_key(self) -> Hashable:
        """Trackers for which this is the same can go through a frame together."""
        raise NotImplementedError(f"{type(self).__name__}.batch_key")

    @classmethod
    def predict_all(cls, trackers: Sequence[Any], image: np.ndarray) -> Sequence[Any]:
        """`predict` of each of one tracker or more."""
        raise NotImplementedError(f"{cls.__name__}.predict_all")

    @classmethod
    def update_all(
        cls, trackers: Sequence[Any], predictions: Sequence[Any], merged: Sequence[Any]
    ) -> Sequence[dict[str, Any]]:
        """`update` of each of one tracker or more; with an entry of None for each that has no `merged`."""
        raise NotImplementedError(f"{cls.__name__}.update_all")

    def predict(self, image: np.ndarray) -> Any:
        """See SegmentationTracker.predict."""
        return self.predict_all([self], image)[0]

    def update(self, prediction: Any, merged: Any = None) -> dict[str, Any]:
        """See SegmentationTracker.update."""
        return self.update_all([self], [prediction], [merged])[0]
