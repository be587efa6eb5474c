"""The results of a video's frames, and copies of the session along the way, for a user who goes back."""

from pytracking.session import Session
from pytracking.tracker.base.packed_result import PackedResult
from pytracking.tracker.base.result import Results

MOST_COPIES, SPACING = 8, 10
"""Most copies of the session, and the frames between two; beyond that, every other copy is dropped."""


class History:
    """The packed results of every frame, and a few copies of the session.

    Attributes:
        first: index of the first frame; None before it.
    """

    def __init__(self) -> None:
        self.first: int | None = None
        self._results: dict[int, dict[int, PackedResult]] = {}
        self._copies: dict[int, Session] = {}
        self._spacing = SPACING

    def keep(self, index: int, session: Session) -> None:
        """Record the state of a session after a frame, and forget later frames."""
        self.first = index if self.first is None else self.first
        for later in [each for each in self._results if each > index]:
            del self._results[later]
        self._copies = {each: copy for each, copy in self._copies.items() if each < index}
        self._results[index] = {number: PackedResult(result) for number, result in session.results.items()}
        if self._is_due(index):
            self._copies[index] = session.copy()
            if len(self._copies) > MOST_COPIES:
                self._spacing *= 2
                self._copies = {each: copy for each, copy in self._copies.items() if self._is_due(each)}

    def results(self, index: int) -> Results:
        """Of a frame that was kept."""
        return {number: packed.unpacked() for number, packed in self._results[index].items()}

    def nearest(self, index: int) -> tuple[int, Session]:
        """The latest frame not after `index` with a copy, and a session in the state of that frame."""
        place = max(each for each in self._copies if each <= index)
        return place, self._copies[place].copy()

    def _is_due(self, index: int) -> bool:
        assert self.first is not None
        return (index - self.first) % self._spacing == 0
