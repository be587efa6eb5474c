"""What is done about a target that is lost: every few frames it is looked for in the whole frame."""

import numpy as np

from libs.memory.spatial import SpatialMemoryBank
from libs.memory.target import TargetState
from libs.memory.wide_search import search_frame
from libs.utils.state import State
from pytracking.tracker.DMB.params import DMBParams

PLACES = 3
"""Of the whole frame's best places, so many are looked at closely."""


class Recovery:
    """Decides when one target is lost, and looks for it then.

    Args:
        params: of the tracker.
        missed: in how many frames in a row it has not been found.
    """

    def __init__(self, params: DMBParams, missed: int = 0) -> None:
        self._params, self.missed = params, missed
        self._left: TargetState | None = None

    def look(self, image: np.ndarray, state: TargetState, spatial: SpatialMemoryBank) -> TargetState:
        """Where to look for the target in a frame: its last place, or one that the filter takes for it.

        Args:
            image: RGB uint8 (H, W, 3).
            state: the last one known.
            spatial: started on the target.
        """
        self._left = None
        interval, frames_lost = self._params.redetection_interval, self.missed - self._params.lost_after
        if interval is None or frames_lost < 0 or frames_lost % interval:
            return state
        places = search_frame(spatial, image, state, PLACES)
        if not places:
            return state
        scores = spatial.peak_scores(image, places)
        best = int(np.argmax(scores))
        if scores[best] < self._params.redetection_score * spatial.typical_score:
            return state
        self._left = state
        return places[best]

    def settle(self, state: TargetState, found: State) -> tuple[TargetState, State]:
        """What to make of a frame: a target that is not found for some frames in a row is lost.

        It is followed by the filter, which may be right, all the same. At a place that was jumped to it must be tracked
        at once, else the jump is taken back.

        Args:
            state: after the frame.
            found: what the frame itself says.

        Returns:
            the state that is kept, and what is reported of the target; where it is lost, nothing may be learned.
        """
        left, self._left = self._left, None
        failed = left is not None and found is not State.TRACKED
        self.missed = self.missed + 1 if failed or found is State.LOST else 0
        if left is not None and failed:
            return left, State.LOST
        if found is not State.LOST:
            return state, found
        return state, State.LOST if self.missed >= self._params.lost_after else State.DOUBTFUL
