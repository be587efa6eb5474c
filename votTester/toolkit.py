"""The VOT reset protocol, the region overlap and the measures of vot-toolkit, on this project's own types.

The only file that imports vot-toolkit (GPL-3.0). Everything runs in this process: no TraX, no workspace, no network.
Frames in which the target is wholly outside the image are hidden from the protocol, but not from the tracker.
"""

import functools
import tempfile
import types
from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np
from vot import analysis, dataset, region
from vot import tracker as toolkit_tracker
from vot.analysis import supervised
from vot.experiment import SupervisedExperiment
from vot.tracker import ObjectStatus
from vot.workspace import LocalStorage

from libs.dataset.sequence import Sequence
from pytracking.evaluation.loop import FrameInput, Step, follow
from pytracking.evaluation.objects import ObjectStarts, ObjectTrackers
from pytracking.tracker.base.adapter import as_base_tracker
from pytracking.tracker.base.basetracker import BaseTracker
from votTester.annotations import Annotation
from votTester.trajectory import BURN_IN, INITIALIZED, SKIPPED, SKIPPED_FRAMES, Entry, Trajectory

_supervised: Any = supervised
"""As it is, not as its type hints have it: they call a pair a number."""
_NOTHING = region.Special(SKIPPED)
Piece = tuple[np.ndarray, bool]
"""(overlaps from a start on, whether it ends in a failure)."""
OBJECT = 1
"""Number of the one object that is followed."""


def run_supervised(
    tracker: Any, sequence: Sequence, annotation: Annotation, on_frame: Callable[[int], object]
) -> Trajectory:
    """Run a tracker over a sequence with restarts: 5 frames after each frame in which its region misses the target.

    Args:
        tracker: a `BaseTracker`, or an object with `init(image, state, name)` and `update(image)`.
        sequence: gives `frame(index)`, RGB uint8 (H, W, 3).
        annotation: the sequence's ground truth.
        on_frame: called with the index of each frame when it is done.

    Returns:
        Trajectory.

    Raises:
        DataError: an image cannot be read. What the tracker raises escapes.
    """
    shown = _toolkit_sequence(annotation)
    adapter = _InProcessTracker(as_base_tracker(tracker), sequence, annotation, on_frame)
    with tempfile.TemporaryDirectory(prefix="vot_") as folder:
        experiment = SupervisedExperiment("baseline", LocalStorage(folder), skip_initialize=SKIPPED_FRAMES)
        experiment.execute(adapter, shown)
        (result,) = experiment.gather(adapter, shown)
    regions: list[Entry] = [SKIPPED] * len(annotation)
    seconds = np.full(len(annotation), np.nan)
    for index, entry in zip(shown.indices, enumerate(result.regions()), strict=True):
        regions[index] = _from_region(entry[1])
        seconds[index] = result.properties(entry[0]).get("time", np.nan)
    return Trajectory(regions, seconds)


def frame_overlaps(trajectory: Trajectory, annotation: Annotation) -> np.ndarray:
    """(T,) overlap (intersection over union of the rasterised regions, inside the image), 0 at codes."""
    overlaps = np.zeros(len(annotation))
    shown = _toolkit_sequence(annotation)
    overlaps[shown.indices] = region.calculate_overlaps(
        _shown_regions(trajectory, shown), shown.groundtruth(), shown.size
    )
    return overlaps


def accuracy(trajectory: Trajectory, annotation: Annotation, frames: np.ndarray | None = None) -> tuple[float, int]:
    """Mean overlap over the tracked frames, without the first 10 of every start.

    Args:
        frames: (T,) bool, the frames that count; None for all.

    Returns:
        (mean, number of frames it is taken over); (0, 0) where none counts.
    """
    shown = _toolkit_sequence(annotation)
    regions, truths = _shown_regions(trajectory, shown), shown.groundtruth()
    if frames is not None:
        counts = frames[shown.indices]
        # Starts stay, because the frames after them are left out even if the start itself does not count. The ground
        # truth goes with its region: nothing against nothing is an overlap that costs no time.
        regions = [
            entry if count or analysis.is_special(entry, INITIALIZED) else _NOTHING
            for entry, count in zip(regions, counts, strict=True)
        ]
        truths = [truth if count else _NOTHING for truth, count in zip(truths, counts, strict=True)]
    judged = types.SimpleNamespace(groundtruth=lambda: truths, size=shown.size)
    mean, number = _supervised.compute_accuracy(regions, judged, BURN_IN)
    return float(mean), int(number)


def fragments(trajectory: Trajectory, annotation: Annotation, overlaps: np.ndarray) -> list[Piece]:
    """The pieces of a run from each start to its failure, or to the sequence's end, for the EAO curve.

    A failure so late that no restart follows within the sequence counts as its end, not as a failure: the rule of the
    original VOT2018 evaluation, without which published EAO values are missed by up to 0.012.

    Args:
        overlaps: (T,) as of `frame_overlaps`.

    Returns:
        the pieces, in order.
    """
    shown = _toolkit_sequence(annotation)
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
        pieces: of all sequences and repetitions, as of `fragments`.
        length: frames of the longest sequence: a failed piece counts 0 from its failure to there.

    Returns:
        (N,) float64, N <= length: index n is the mean over frames 1 to n; index 0, the start, is 0.
    """
    whole = [not ends_in_failure for _, ends_in_failure in pieces]
    overlaps = [np.pad(piece, (0, length - len(piece))) if fails else piece for piece, fails in pieces]
    return np.asarray(_supervised.compute_eao_curve(overlaps, [1] * len(pieces), whole), dtype=float)


class _ToolkitSequence(dataset.Sequence):
    """The frames of an annotation that show the target, as a sequence of the toolkit.

    `indices` are those frames' numbers in the whole sequence.
    """

    def __init__(self, annotation: Annotation) -> None:
        super().__init__(annotation.name)
        self.indices = np.flatnonzero(annotation.present)
        self._groundtruth: list[region.Region] = [_to_region(annotation.polygons[index]) for index in self.indices]
        self._size = annotation.size

    def __len__(self) -> int:
        return len(self.indices)

    def frame(self, index: int) -> dataset.Frame:
        return dataset.Frame(self, index)

    def groundtruth(self, index: int | None = None) -> Any:
        return self._groundtruth if index is None else self._groundtruth[index]

    def objects(self) -> set[str]:
        return {"object"}

    def object(self, id: str, index: int | None = None) -> Any:
        return self.groundtruth(index)

    def tags(self, index: int | None = None) -> list[str]:
        return []

    def values(self, index: int | None = None) -> dict[str, Number]:
        return {}

    def metadata(self, name: str, default: Any = None) -> Any:
        return default

    def channels(self) -> set[str]:
        return set()

    def channel(self, channel: str | None = None) -> dataset.Channel:
        raise LookupError("the toolkit is shown no images")

    @property
    def width(self) -> int:
        return self._size[0]

    @property
    def height(self) -> int:
        return self._size[1]


@functools.lru_cache(maxsize=256)
def _toolkit_sequence(annotation: Annotation) -> _ToolkitSequence:
    return _ToolkitSequence(annotation)


class _InProcessTracker(toolkit_tracker.Tracker):
    """A tracker of this process, as the toolkit's experiments want it."""

    def __init__(
        self, base_tracker: BaseTracker, sequence: Sequence, annotation: Annotation, on_frame: Callable[[int], object]
    ) -> None:
        super().__init__("tracker", "", command=None)
        self.base_tracker, self.sequence, self.annotation, self.on_frame = base_tracker, sequence, annotation, on_frame

    def runtime(self, log: bool = False) -> "_InProcessRuntime":
        return _InProcessRuntime(self)


class _InProcessRuntime(toolkit_tracker.TrackerRuntime):
    """Brings a tracker to the frames that the experiment asks for, and hands its regions back."""

    def __init__(self, owner: _InProcessTracker) -> None:
        super().__init__(owner)
        self._owner = owner
        self._indices = np.flatnonzero(owner.annotation.present)
        self._next: FrameInput | None = None
        # The toolkit's experiment decides what the next frame is, so that the source waits for it.
        self._steps = follow(ObjectTrackers(owner.base_tracker), iter(lambda: self._next, None))

    def initialize(self, frame: Any, new: Any = None, properties: Any = None) -> tuple[ObjectStatus, float]:
        index = int(self._indices[frame.index])
        state = self._owner.annotation.polygons[index].ravel()
        step = self._go_to(index, {OBJECT: {"init_bbox": list(state), "name": self._owner.sequence.name}})
        return ObjectStatus(new, {}), step.seconds

    def update(self, frame: Any, new: Any = None, properties: Any = None) -> tuple[ObjectStatus, float]:
        # The hidden frames since the last one: the tracker sees them, the protocol does not.
        for index in range(self._indices[frame.index - 1] + 1, self._indices[frame.index]):
            self._go_to(index)
        step = self._go_to(int(self._indices[frame.index]))
        polygon = step.results[OBJECT].polygon
        # No region is a lost target, and that a failure.
        answer = _to_region(polygon) if np.isfinite(polygon).all() else _NOTHING
        return ObjectStatus(answer, {}), step.seconds

    def _go_to(self, index: int, starts: ObjectStarts | None = None) -> Step:
        self._next = FrameInput(index, self._owner.sequence.frame(index), starts or {}, anew=starts is not None)
        step = next(self._steps)
        self._owner.on_frame(index)
        return step

    def stop(self) -> None:
        pass

    def restart(self) -> None:
        pass


def _to_region(entry: Entry) -> region.Region:
    # Polygons throughout: the toolkit rasterises a rectangle one pixel smaller than the polygon of its corners.
    return region.Special(entry) if isinstance(entry, int) else region.Polygon([tuple(corner) for corner in entry])


def _from_region(entry: Any) -> Entry:
    return int(entry.code) if analysis.is_special(entry) else np.array(entry.points(), dtype=np.float64)


def _shown_regions(trajectory: Trajectory, shown: _ToolkitSequence) -> list[region.Region]:
    return [_to_region(trajectory.regions[index]) for index in shown.indices.tolist()]
