"""The VOT reset protocol, the region overlap and the measures of vot-toolkit, on this project's own types.

Frames in which the target is completely outside the image are hidden from the protocol, but not from the tracker.
"""

import functools
import tempfile
import types
from collections.abc import Callable
from typing import Any

import numpy as np
from vot import analysis, region
from vot.analysis import supervised
from vot.experiment import SupervisedExperiment
from vot.tracker import ObjectStatus
from vot.workspace import LocalStorage

from libs.dataset.sequence import Sequence
from libs.media.mask_regions import MaskRegion
from pytracking.evaluation.answers import POLYGON
from pytracking.evaluation.loop import FrameInput
from pytracking.tracker.base.adapter import as_base_tracker
from pytracking.tracker.base.basetracker import BaseTracker
from votTester.annotations import Annotation
from votTester.toolkit.regions import polygon_region
from votTester.toolkit.runtime import InProcessRuntime, InProcessTracker
from votTester.toolkit.sequences import MemorySequence
from votTester.trajectory import BURN_IN, INITIALIZED, SKIPPED, SKIPPED_FRAMES, Entry, Trajectory

_supervised: Any = supervised
"""Its actual return type; its type hints call a pair a number."""
_NOTHING = region.Special(SKIPPED)
Piece = tuple[np.ndarray, bool]
"""(overlaps from a start onwards, whether it ends in a failure)."""
OBJECT = 1
"""Number of the only object."""


def run_supervised(
    tracker: Any, sequence: Sequence, annotation: Annotation, on_frame: Callable[[int], object]
) -> Trajectory:
    """Run a tracker over a sequence with restarts: 5 frames after each frame in which its region misses the target.

    Args:
        tracker: a `BaseTracker`, or an object with `init(image, state, name)` and `update(image)`.
        sequence: gives `frame(index)`, RGB uint8 (H, W, 3).
        annotation: the sequence's ground truth.
        on_frame: called with the index of each finished frame.

    Returns:
        Trajectory.

    Raises:
        DataError: an image cannot be read. The tracker's own errors are passed on.
    """
    shown = _shown(annotation)
    adapter = _ResetTracker(as_base_tracker(tracker), sequence, annotation, on_frame)
    with tempfile.TemporaryDirectory(prefix="vot_") as folder:
        experiment = SupervisedExperiment("baseline", LocalStorage(folder), skip_initialize=SKIPPED_FRAMES)
        experiment.execute(adapter, shown)
        (result,) = experiment.gather(adapter, shown)
    regions: list[Entry] = [SKIPPED] * len(annotation)
    seconds = np.full(len(annotation), np.nan)
    for index, entry in zip(shown.indices, enumerate(result.regions()), strict=True):
        regions[index] = _from_region(entry[1])
        seconds[index] = result.properties(entry[0]).get("time", np.nan)
    return Trajectory(regions, seconds, adapter.masks)


def frame_overlaps(trajectory: Trajectory, annotation: Annotation) -> np.ndarray:
    """(T,) overlap (intersection over union of the rasterised regions, inside the image), 0 at codes."""
    overlaps = np.zeros(len(annotation))
    shown = _shown(annotation)
    overlaps[shown.indices] = region.calculate_overlaps(
        _shown_regions(trajectory, shown), shown.groundtruth(), shown.size
    )
    return overlaps


def accuracy(trajectory: Trajectory, annotation: Annotation, frames: np.ndarray | None = None) -> tuple[float, int]:
    """Mean overlap over the tracked frames, without the first 10 of every start.

    Args:
        frames: (T,) bool, the frames that count; None for all.

    Returns:
        (mean, number of frames that it averages); (0, 0) if none counts.
    """
    shown = _shown(annotation)
    regions, truths = _shown_regions(trajectory, shown), shown.groundtruth()
    if frames is not None:
        counts = frames[shown.indices]
        # Starts stay, because the frames after them are left out even if the start itself does not count. The ground
        # truth is removed together with the region: the overlap of nothing with nothing costs no time.
        regions = [
            entry if count or analysis.is_special(entry, INITIALIZED) else _NOTHING
            for entry, count in zip(regions, counts, strict=True)
        ]
        truths = [truth if count else _NOTHING for truth, count in zip(truths, counts, strict=True)]
    judged = types.SimpleNamespace(groundtruth=lambda: truths, size=shown.size)
    mean, number = _supervised.compute_accuracy(regions, judged, BURN_IN)
    return float(mean), int(number)


def fragments(trajectory: Trajectory, annotation: Annotation, overlaps: np.ndarray) -> list[Piece]:
    """The pieces of a run, from each start to its failure or to the sequence's end, for the EAO curve.

    A failure so late that no restart follows within the sequence counts as its end, not as a failure: this is the rule
    of the original VOT2018 evaluation; without it, EAO differs from published values by up to 0.012.

    Args:
        overlaps: (T,), as from `frame_overlaps`.

    Returns:
        the pieces, in order.
    """
    shown = _shown(annotation)
    overlaps = overlaps[shown.indices]
    failures, starts = _supervised.locate_failures_inits(_shown_regions(trajectory, shown))
    pieces = []
    for start in starts:
        failure = next((index for index in failures if index > start), None)
        if failure is None or failure + SKIPPED_FRAMES > len(overlaps):
            pieces.append((overlaps[start:], False))
        else:
            pieces.append((overlaps[start:failure], True))
    return pieces


def eao_curve(pieces: list[Piece], length: int) -> np.ndarray:
    """Expected average overlap against the number of frames since the start (Kristan et al., VOT2015 results).

    Args:
        pieces: pieces of all sequences and repetitions, as from `fragments`.
        length: frames of the longest sequence: a failed piece counts as 0 from its failure to this length.

    Returns:
        (N,) float64, N <= length: index n is the mean over frames 1 to n; index 0, the start, is 0.
    """
    whole = [not ends_in_failure for _, ends_in_failure in pieces]
    overlaps = [np.pad(piece, (0, length - len(piece))) if fails else piece for piece, fails in pieces]
    return np.asarray(_supervised.compute_eao_curve(overlaps, [1] * len(pieces), whole), dtype=float)


class _Shown(MemorySequence):
    """The frames of an annotation that show the target; `indices` are their numbers in the whole sequence."""

    def __init__(self, annotation: Annotation) -> None:
        self.indices = np.flatnonzero(annotation.present)
        regions = [_to_region(annotation.polygons[index]) for index in self.indices]
        super().__init__(annotation.name, {"object": regions}, annotation.size)


@functools.lru_cache(maxsize=256)
def _shown(annotation: Annotation) -> _Shown:
    return _Shown(annotation)


class _ResetTracker(InProcessTracker):
    """A tracker on a sequence with some frames hidden from the protocol, but not from the tracker."""

    def __init__(
        self, base_tracker: BaseTracker, sequence: Sequence, annotation: Annotation, on_frame: Callable[[int], object]
    ) -> None:
        super().__init__(base_tracker, on_frame)
        self.sequence, self.annotation = sequence, annotation
        self.masks: dict[int, MaskRegion] = {}

    def runtime(self, log: bool = False) -> "_ResetRuntime":
        return _ResetRuntime(self)


class _ResetRuntime(InProcessRuntime):
    def __init__(self, owner: _ResetTracker) -> None:
        super().__init__(owner)
        self._masks = owner.masks
        self._sequence, self._polygons = owner.sequence, owner.annotation.polygons
        self._indices = _shown(owner.annotation).indices

    def initialize(self, frame: Any, new: Any = None, properties: Any = None) -> tuple[ObjectStatus, float]:
        index = int(self._indices[frame.index])
        self._kinds = {OBJECT: POLYGON}
        # From the annotation, because the toolkit rounds to single precision.
        start = {"init_bbox": list(self._polygons[index].ravel()), "name": self._sequence.name}
        step = self._go_to(FrameInput(index, self._sequence.frame(index), {OBJECT: start}, anew=True))
        return ObjectStatus(new, {}), step.seconds

    def update(self, frame: Any, new: Any = None, properties: Any = None) -> tuple[ObjectStatus, float]:
        # Also the hidden frames since the last one.
        for index in range(self._indices[frame.index - 1] + 1, self._indices[frame.index]):
            self._go_to(FrameInput(index, self._sequence.frame(index)))
        index = int(self._indices[frame.index])
        step = self._go_to(FrameInput(index, self._sequence.frame(index)))
        mask = step.results[OBJECT].mask
        if mask is not None:
            self._masks[index] = MaskRegion.of(mask)
        return self._status(step, OBJECT), step.seconds


def _to_region(entry: Entry) -> region.Region:
    # Polygons throughout: the toolkit rasterises a rectangle one pixel smaller than the polygon of its corners.
    return region.Special(entry) if isinstance(entry, int) else polygon_region(entry)


def _from_region(entry: Any) -> Entry:
    return int(entry.code) if analysis.is_special(entry) else np.array(entry.points(), dtype=np.float64)


def _shown_regions(trajectory: Trajectory, shown: _Shown) -> list[region.Region]:
    return [_to_region(trajectory.regions[index]) for index in shown.indices.tolist()]
