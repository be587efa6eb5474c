"""A session that moves to any frame of a video, in any direction, and resumes each object from what is known there."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from libs.media.frames import Frames
from pytracking.evaluation.debug import ask_for_pictures
from pytracking.evaluation.loop import FrameInput, Step, follow, prompted_frame
from pytracking.session import Session
from pytracking.tracker.base.basetracker import BaseTracker
from pytracking.tracker.base.result import Results
from pytracking.web.records import Records


class MovingSession:
    """Moves a `Session` through a video.

    A session keeps what it learned when it moves. After `reset` it learns again from the frames in which the user drew
    something, so that an undone drawing leaves no trace.

    Args:
        tracker: built; as for `Session`.
        frames: of the video.
        records: what is known about it; read only.
        max_objects: most objects followed at a time.

    Attributes:
        at: index of the session's current frame; None before the first.
        session: the `Session`.
        debug: whether trackers make debug pictures; takes effect at the next `reset`.
    """

    def __init__(self, tracker: BaseTracker, frames: Frames, records: Records, max_objects: int) -> None:
        self.session = Session(tracker, max_objects)
        self.debug = False
        self._frames, self._records = frames, records
        self.reset()

    def reset(self) -> None:
        """Forget everything that was learned."""
        self.session.clear()
        self.at: int | None = None
        self._visited: list[int] = []

    def resume(self, session: Session, index: int) -> None:
        """Continue with a session whose current frame is `index`."""
        self.session, self.at = session, index
        # Its steps before the last are of frames that are not known: none of this video has the index -1.
        self._visited = [-1] * session.index + [index]

    def add(self, index: int, **drawn: Any) -> tuple[int, Results]:
        """Start to follow an object in a frame; `drawn` as for `Session.add`. Returns its number and all results."""
        self._go_to(index)
        number = self.session.free_number(self._records.names)
        self.session.add(self._image(index), number=number, **drawn)
        if self.debug:
            # Started once more, because `add` takes no wish for pictures.
            mask = self.session.results[number].mask
            if mask is not None and mask.any():
                self._step(FrameInput(index, self._image(index), ask_for_pictures({number: {"init_mask": mask}}, 1)))
        self._arrive(index)
        return number, self.session.results

    def correct(self, index: int, number: int, **drawn: Any) -> Results:
        """Correct an object in a frame; `drawn` as for `Session.correct`. Returns all results.

        What was learned about the object since it was last in that frame is forgotten, because the mistake is only
        noticed now.
        """
        seen = [step for step, frame in enumerate(self._visited) if frame == index]
        since = seen[-1] if seen and self.at != index else None
        self._go_to(index, without=number)
        if number in self.session.results:
            self.session.correct(number, forget_since=since, **drawn)
        else:
            self.session.add(self._image(index), number=number, **drawn)
        self._arrive(index)
        return self.session.results

    def prepare(self, index: int) -> int:
        """Make sure that the session has objects, taking them from frame `index` if it has none. Returns its frame."""
        if not self.session.results or self.at is None:
            self._go_to(index)
        return index if self.at is None else self.at

    def remove(self, number: int) -> None:
        """Stop following an object."""
        if number in self.session.results:
            if len(self.session.results) == 1:
                self.reset()
            else:
                self.session.remove(number)

    def follow(self, start: int, order: Iterable[int]) -> Iterator[Step]:
        """Follow all objects from frame `start` through others, one at a time; drawings there correct them."""
        self._go_to(start)
        for index in order:
            shown = {number: {"init_mask": mask} for number, mask in self._records.masks(index, True).items()}
            yield self._step(self._input(index, shown))

    def _go_to(self, index: int, without: int | None = None) -> None:
        """Move the session to a frame, and all objects except `without` to their known places there."""
        if self.at == index:
            return
        if not self.session.results:
            for shown in self._records.shown_frames():
                if shown != index:
                    self._show(shown, self._records.masks(shown, shown_only=True))
        masks = {number: mask for number, mask in self._records.masks(index).items() if number != without}
        if masks or self.session.results:
            self._show(index, masks)

    def _show(self, index: int, masks: dict[int, np.ndarray]) -> None:
        self._step(self._input(index, {number: {"init_mask": mask} for number, mask in masks.items()}))

    def _input(self, index: int, shown: dict[int, Any]) -> FrameInput:
        starts = ask_for_pictures(shown, int(self.debug))
        return prompted_frame(index, self._image(index), starts, self.session.results)

    def _step(self, frame: FrameInput) -> Step:
        (step,) = follow(self.session, [frame])
        self._arrive(frame.index)
        return step

    def _arrive(self, index: int) -> None:
        """Record which frame the session's last step was."""
        self.at = index
        self._visited += [index] * (self.session.index + 1 - len(self._visited))

    def _image(self, index: int) -> np.ndarray:
        at_hand = self.session.image is not None and self.at == index
        return self.session.image if at_hand and self.session.image is not None else self._frames[index]
