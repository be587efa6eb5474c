"""What is known about a video's objects, frame by frame, now and before the last change."""

import dataclasses
from collections.abc import Collection, Mapping

import numpy as np

from libs.media.annotations.record import LABEL, FrameRecord, ObjectRecord
from libs.utils.metrics import region_similarity
from pytracking.tracker.base.packed_result import PackedResult
from pytracking.tracker.base.result import Result, Results

MOST_UNDO = 20


@dataclasses.dataclass(frozen=True)
class Cell:
    """One object in one frame.

    Attributes:
        packed: its result.
        shown: whether the user drew it.
        before: its result before it was last followed or redrawn; None if it had none.
        change: 1 - IoU of its mask with the previous one, 0..1; 0 if it had none.
    """

    packed: PackedResult
    shown: bool = False
    before: PackedResult | None = None
    change: float = 0.0


Row = Mapping[int, Cell]
"""Number of each object in a frame -> Cell."""
Content = tuple[dict[int, Row], dict[int, str]]
"""Rows by frame, and names by object number."""


class Records:
    """The table of all frames and objects. Rows are replaced, never changed, so that any thread may read them.

    Attributes:
        rows: index of each frame with results -> Row.
        names: number of each object so far -> its name.
    """

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.names: dict[int, str] = {}
        self._past: list[Content] = []

    def put(self, index: int, results: Results, shown: Collection[int] = ()) -> None:
        """Store the results of a frame in which the user drew the objects `shown`."""
        row = dict(self.rows.get(index, {}))
        for number, result in results.items():
            row[number] = _cell(result, row.get(number), number in shown)
            self.names.setdefault(number, LABEL)
        self.rows[index] = row

    def replace(
        self, rows: Mapping[int, Results], shown: Mapping[int, Collection[int]], names: Mapping[int, str]
    ) -> None:
        """Replace everything with the content of a file: results by frame, which of them the user drew, and names."""
        self.rows = {
            index: {n: Cell(PackedResult(result), n in shown.get(index, ())) for n, result in row.items()}
            for index, row in rows.items()
        }
        self.names = dict(names)

    def results(self, index: int) -> Results:
        """Number of each object -> Result in a frame, in order."""
        row = self.rows.get(index, {})
        return {number: row[number].packed.unpacked() for number in sorted(row)}

    def masks(self, index: int, shown_only: bool = False) -> dict[int, np.ndarray]:
        """Number of each object that has pixels in a frame -> its mask (H, W) bool."""
        row = self.rows.get(index, {})
        masks = {number: cell.packed.mask for number, cell in row.items() if cell.shown or not shown_only}
        return {number: mask for number, mask in sorted(masks.items()) if mask is not None and mask.any()}

    def shown_frames(self) -> list[int]:
        """The frames in which the user drew something, in order."""
        return sorted(index for index, row in self.rows.items() if any(cell.shown for cell in row.values()))

    def numbers(self) -> set[int]:
        """The objects that have results."""
        return set().union(*(row.keys() for row in self.rows.values()))

    def remove(self, number: int) -> None:
        """Forget an object."""
        rows = {index: {n: c for n, c in row.items() if n != number} for index, row in self.rows.items()}
        self.rows = {index: row for index, row in rows.items() if row}
        self.names = {n: name for n, name in self.names.items() if n != number}

    def frame_record(self, index: int) -> FrameRecord:
        """A frame in the form that annotation formats take."""
        objects = [
            ObjectRecord(n, self.names[n], _finite(r.box), _finite(r.polygon), r.mask, r.score, r.state)
            for n, r in self.results(index).items()
        ]
        return FrameRecord(index, tuple(objects))

    def copy(self) -> "Records":
        """A copy of the current state, for a slow writer."""
        copied = Records()
        copied.rows, copied.names = self._content()
        return copied

    def remember(self) -> None:
        """Keep the current state for `undo`."""
        self._past = [*self._past[1 - MOST_UNDO :], self._content()]

    def forget_last(self) -> None:
        """Drop the state that `remember` kept last, because nothing was changed."""
        self._past.pop()

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._past)

    def undo(self) -> set[int]:
        """Restore the state that was kept last. Returns the frames that changed."""
        before = self.rows
        self.rows, self.names = self._past.pop()
        return {index for index in before.keys() | self.rows.keys() if before.get(index) != self.rows.get(index)}

    def _content(self) -> Content:
        return dict(self.rows), dict(self.names)


def _cell(result: Result, old: Cell | None, shown: bool) -> Cell:
    before = None if old is None else old.packed
    mask = None if before is None else before.mask
    change = 0.0
    if mask is not None and result.mask is not None:
        change = 1 - region_similarity(mask, result.mask)
    return Cell(PackedResult(result), shown or (old is not None and old.shown), before, change)


def _finite(numbers: np.ndarray) -> np.ndarray | None:
    return numbers if np.isfinite(numbers).all() else None
