"""What a tracker sees in a frame, as values that are handed on."""

import dataclasses

import numpy as np
from torch import Tensor

from libs.memory.policy import Evidence
from libs.memory.spatial import Localization
from libs.models.amb import EncodedFrame
from libs.utils.crops import CropWindow
from libs.utils.state import State
from pytracking.tracker.DMB.shape import Shape

SAME_SIZE, SAME_PLACE = 1.25, 0.15
"""A crop serves for a correction if it is at most this factor, and this share of its side, away from its own crop."""


@dataclasses.dataclass(frozen=True)
class Sight:
    """What both memories see in a frame, before anything is learned from it.

    Attributes:
        image: RGB uint8 (H, W, 3).
        located: what the spatial memory says.
        certain: whether the spatial memory is believed, so that the position moved.
        confident: whether both memories may learn from this frame.
        window: of the crop that the appearance memory segments.
        frame: that crop, encoded; None where the frame is not segmented.
        probability: of the target in that crop, (S, S) tensor in 0..1; None likewise.
        attention: frame number -> share that it received, as `Segmenter.attention`; empty without a debug view.
        seconds: that it took.
    """

    image: np.ndarray
    located: Localization
    certain: bool
    confident: bool
    window: CropWindow
    frame: EncodedFrame | None
    probability: Tensor | None
    attention: dict[int, float]
    seconds: float


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What is made of a frame, before the appearance memory learns from it.

    Attributes:
        sight: what was seen.
        shape: of the target; None where the frame was not segmented.
        evidence: for the memory policy.
        score: probability that the region is right, 0..1.
        state: of the target.
    """

    sight: Sight
    shape: Shape | None
    evidence: Evidence
    score: float
    state: State


@dataclasses.dataclass(frozen=True)
class Seen:
    """The crop of the frame just seen, for a correction of it.

    Attributes:
        window: of the crop.
        frame: the crop, encoded; None where it is to be encoded again.
    """

    window: CropWindow
    frame: EncodedFrame | None

    def is_about(self, wanted: CropWindow) -> bool:
        """Whether it shows the target about as large and as central as another crop would."""
        ratio = self.window.side / wanted.side
        shift = np.abs(self.window.centre - wanted.centre).max() / wanted.side
        return 1 / SAME_SIZE < ratio < SAME_SIZE and bool(shift < SAME_PLACE)
