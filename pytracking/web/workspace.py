"""One user's work on one video: what the page does, without the page."""

import dataclasses
import pathlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from libs.utils.errors import SettingsError
from pytracking.evaluation.loop import Step
from pytracking.session import Session
from pytracking.tracker.base.basetracker import BaseTracker
from pytracking.tracker.base.result import Results
from pytracking.web.drawings import read_drawing
from pytracking.web.memory_pictures import MemoryPictures
from pytracking.web.moving_session import MovingSession
from pytracking.web.opening import OpenVideo
from pytracking.web.places import clean_label
from pytracking.web.records import Records
from pytracking.web.run import Direction, Run, frame_orders

Notify = Callable[[set[int]], None]


@dataclasses.dataclass(frozen=True)
class Saved:
    """What a session file holds.

    Attributes:
        session: loaded.
        at: its current frame.
        rows: what is known about each frame.
        shown: objects that the user drew in each frame.
        names: of the objects.
    """

    session: Session
    at: int
    rows: Mapping[int, Results]
    shown: Mapping[int, set[int]]
    names: Mapping[int, str]


class Workspace:
    """The objects of one video. Everything that changes it is called from one thread.

    Args:
        tracker: built; this user's own copy.
        video: open; closed by `close`.
        max_objects: most objects followed at a time.
        folder: for pictures of what the memories do.
        notify: called with the frames whose rows have changed, in the thread that changes them.

    Attributes:
        records: what is known about the objects.
        run: the latest run, or None.
        pictures: of what the memories do.
        key: unique to this workspace.
        max_objects: as given.
    """

    def __init__(
        self, tracker: BaseTracker, video: OpenVideo, max_objects: int, folder: pathlib.Path, notify: Notify
    ) -> None:
        self.video, self.key = video, secrets.token_hex(6)
        self.records = Records()
        self.run: Run | None = None
        self._notify = notify
        self.pictures = MemoryPictures(folder)
        self.max_objects = max_objects
        self.moving = MovingSession(tracker, video.frames, self.records, max_objects)

    def draw(self, index: int, drawing: dict[str, Any], number: int | None) -> int:
        """Start an object in a frame, or correct one. Returns its number.

        Args:
            index: of the frame.
            drawing: see `read_drawing`.
            number: of the object to correct; None for a new one.

        Raises:
            DataError: the drawing is empty, or covers another object. SettingsError: objects are being followed, or
            there are too many.
        """
        self._check_idle()
        self._check_frame(index)
        if number is not None and number not in self.records.names:
            raise SettingsError(f"there is no object {number} to correct; draw a new one")
        drawn = read_drawing(drawing, self.video.frames[index])
        self.records.remember()
        try:
            if number is None:
                number, results = self.moving.add(index, **drawn)
            else:
                results = self.moving.correct(index, number, **drawn)
        except BaseException:
            self.records.forget_last()
            # It may have moved halfway to another frame.
            self.moving.reset()
            raise
        self._put(index, results, shown=number)
        return number

    def follow(self, index: int, direction: Direction) -> Run:
        """Start to follow all objects from a frame. Returns the run, which `Turns` carries out.

        Raises:
            SettingsError: a run is in progress, there is no object, or there is no frame in that direction.
        """
        self._check_idle()
        self._check_frame(index)
        if not self.records.masks(index):
            raise SettingsError("no object has pixels in this frame: draw one here, or go to a frame that shows one")
        orders = frame_orders(index, len(self.video.frames), direction)
        if not orders:
            raise SettingsError(f"there is no frame {direction.value} of this one")
        self.records.remember()
        self.run = Run(self._steps(index, orders), sum(map(len, orders)), self._take, lambda: self._notify(set()))
        return self.run

    def stop(self) -> None:
        """End the run, if there is one; finished frames are kept."""
        if self.run is not None:
            self.run.stop()

    def undo(self) -> None:
        """Undo the last drawing, run or removal. Raises SettingsError if there is none."""
        self._check_idle()
        if not self.records.can_undo:
            raise SettingsError("there is nothing to undo")
        changed = self.records.undo()
        self.moving.reset()
        self._notify(changed)

    def remove(self, number: int) -> None:
        """Forget an object. Raises SettingsError if there is none with this number."""
        self._check_idle()
        self._check_object(number)
        self.records.remember()
        changed = {index for index, row in self.records.rows.items() if number in row}
        self.records.remove(number)
        self.moving.remove(number)
        self._notify(changed)

    def rename(self, number: int, name: str) -> None:
        """Name an object. Raises SettingsError if there is no such object, or the name is empty."""
        self._check_object(number)
        if not clean_label(name):
            raise SettingsError("a name has one letter at least")
        self.records.names = {**self.records.names, number: clean_label(name)}
        self._notify(set())

    def take_up(self, saved: Saved) -> None:
        """Replace the current state with a saved one; this can be undone.

        Raises:
            SettingsError: objects are being followed, or the saved state has a frame that does not exist.
        """
        self._check_idle()
        for index in (saved.at, *saved.rows):
            self._check_frame(index)
        before = set(self.records.rows)
        self.records.remember()
        self.records.replace(saved.rows, saved.shown, saved.names)
        self.moving.resume(saved.session, saved.at)
        self._notify(before | set(saved.rows))

    def watch_memories(self, wanted: bool) -> None:
        """Switch pictures of what the memories do on or off, for frames followed from now on."""
        self._check_idle()
        self.moving.debug = wanted
        self.moving.reset()

    def image(self, index: int) -> np.ndarray:
        """Frame `index`, RGB uint8 (H, W, 3).

        Raises:
            SettingsError: there is no such frame. DataError: it is damaged.
        """
        self._check_frame(index)
        return self.video.frames[index]

    def close(self) -> None:
        """Close the video and free what was learned."""
        self.stop()
        # It refers to this workspace, which would otherwise outlive its user until the next garbage collection.
        self.run = None
        self.moving.reset()
        self.video.close()

    def _steps(self, index: int, orders: list[range]) -> Iterator[Step]:
        for order in orders:
            yield from self.moving.follow(index, order)

    def _take(self, step: Step) -> None:
        self._put(step.index, step.results)

    def _put(self, index: int, results: Results, shown: int | None = None) -> None:
        self.records.put(index, results, () if shown is None else (shown,))
        self.pictures.put(index, results)
        self._notify({index})

    def _check_idle(self) -> None:
        if self.run is not None and self.run.is_open:
            raise SettingsError("objects are being followed: stop first")

    def _check_frame(self, index: int) -> None:
        if index not in range(len(self.video.frames)):
            raise SettingsError(f"there is no frame {index}: the last one is {len(self.video.frames) - 1}")

    def _check_object(self, number: int) -> None:
        if number not in self.records.names:
            raise SettingsError(f"there is no object {number}")
