"""A tracker's output on one sequence under the reset protocol, frame by frame."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from libs.media.mask_regions import MaskRegion

SKIPPED, INITIALIZED, FAILED = 0, 1, 2
SKIPPED_FRAMES = 5
BURN_IN = 10

Entry = np.ndarray | int
"""A trajectory's entry for a frame: a polygon (4, 2) of corners (x, y) in image pixels, or a code."""


@dataclasses.dataclass(frozen=True)
class Trajectory:
    """One run over one sequence of T frames.

    Attributes:
        regions: T entries, each a polygon or a code: `INITIALIZED`, `FAILED` (the region missed the target), `SKIPPED`
            (the frames between a failure and the restart).
        seconds: (T,) time that the tracker took, NaN in frames where it did not run or was not timed; None if no frame
            was timed.
        masks: index of a frame -> the mask that the tracker reported in it, if it reported one.
    """

    regions: Sequence[Entry]
    seconds: np.ndarray | None = None
    masks: Mapping[int, MaskRegion] = dataclasses.field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.regions)

    def frames_with(self, code: int) -> list[int]:
        """Indices of the frames with this code, in order."""
        return [index for index, region in enumerate(self.regions) if is_code(region, code)]


def is_code(region: Entry, code: int | None = None) -> bool:
    """Whether an entry of a trajectory is a code (this one, if given) rather than a polygon."""
    return isinstance(region, int) and (code is None or region == code)
