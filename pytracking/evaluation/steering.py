"""A user at the window of a video that is followed: pauses, goes back, and changes what is followed."""

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from libs.media.files import free_path
from libs.utils.errors import DMBError
from pytracking.evaluation.editing import Action, Deed, Editor
from pytracking.evaluation.history import History
from pytracking.evaluation.loop import FrameInput, Step, follow
from pytracking.evaluation.output import Output, Revisable, draw_results
from pytracking.evaluation.viewer import Viewer
from pytracking.prompts import Prompt, shown_by
from pytracking.session import Session
from pytracking.tracker.base.result import Results

HELD = 30
"""Milliseconds from one look at the keys to the next while the video stands still."""
ENDING = ".session"


class Feed(Protocol):
    """The frames that are followed, and what is known of each."""

    def image(self, index: int) -> np.ndarray:
        """RGB uint8 (H, W, 3) of a frame that was given before. Raises DataError where that cannot be had again."""
        ...

    def input(self, index: int, image: np.ndarray, session: Session) -> FrameInput:
        """What a session is given of a frame."""
        ...

    def numbers(self) -> set[int]:
        """Of all objects that are shown somewhere."""
        ...

    def note(self, index: int, number: int, prompt: Prompt | None) -> None:
        """An object is shown in a frame, or no longer followed after it."""
        ...

    def go_back(self, index: int) -> None:
        """The frames behind this one come again."""
        ...


class Steering:
    """What a user does in the window, done to a session and to what was written.

    An object that is corrected, added or removed in an earlier frame changes what follows: the session goes back there,
    and the frames behind are followed again. What the user showed in those stays valid.

    Args:
        viewer: the window.
        session: that follows the objects.
        feed: what it is fed with.
        outputs: of the run; those that are no `Revisable` get frames that are followed again once more.
        name: of the video, by which sessions are saved.
        scores: whether scores are shown.
    """

    def __init__(
        self, viewer: Viewer, session: Session, feed: Feed, outputs: Sequence[Output], name: str, scores: bool
    ) -> None:
        self._viewer, self._session, self._feed, self._outputs = viewer, session, feed, outputs
        self._name, self._scores = name, scores
        self._history = History()
        self._editor: Editor | None = None

    def look(self, step: Step, key: str) -> tuple[str, Step]:
        """Let the user do what they want with the frame that was followed last, whose window gave a key.

        Returns:
            the key that ends the run, or ''; and the step to continue after, which may be one of an earlier frame.
        """
        self._editor = editor = self._editor or Editor(step.index)
        self._history.keep(step.index, self._session)
        editor.follow(step.index)
        shown = step
        editor.show(shown.image.shape, shown.results)
        editor.key(key)
        while editor.holds or editor.waits:
            step = self._do(step, shown)
            shown = self._shown(step, shown)
            editor.show(shown.image.shape, shown.results)
            if not editor.holds:
                break
            self._viewer.listen(editor.press, editor.drag)
            picture = draw_results(shown.image, shown.results, str(shown.index), self._scores)
            key = self._viewer.show(editor.draw(picture), milliseconds=HELD)
            if key == "q":
                return key, step
            editor.key(key)
        return "", step

    def _shown(self, step: Step, before: Step) -> Step:
        """The frame that is to be shown, where `before` was."""
        assert self._editor is not None
        place = self._editor.place
        if place == step.index:
            return step
        if place == before.index:
            return before
        try:
            return Step(place, self._feed.image(place), self._history.results(place), 0.0)
        except DMBError as error:
            self._editor.message, self._editor.place = str(error), before.index
            return before

    def _do(self, step: Step, shown: Step) -> Step:
        """Do what the user wants, if anything, in the frame that is shown. Returns the step to continue after.

        Why it cannot be done is told in the window.
        """
        assert self._editor is not None
        action = self._editor.take()
        if action is None:
            return step
        try:
            if action.deed is Deed.SAVE:
                path = free_path(pathlib.Path(f"{self._name}{ENDING}"), ENDING)
                self._session.save(path)
                self._editor.message = f"saved as {path}: --resume continues after frame {step.index}"
                return step
            session = self._session if shown.index == step.index else self._session_at(shown.index)
            number = self._change(session, shown.image, action)
        except DMBError as error:
            self._editor.message = str(error)
            return step
        self._feed.note(shown.index, number, action.prompt)
        if session is not self._session:
            self._go_back(shown.index, session)
        self._history.keep(shown.index, self._session)
        return dataclasses.replace(step, index=shown.index, image=shown.image, results=self._session.results)

    def _change(self, session: Session, image: np.ndarray, action: Action) -> int:
        """Add, correct or remove an object. Returns its number."""
        assert self._editor is not None
        prompt = shown_by(action.prompt or {})
        if action.deed is Deed.ADD:
            # Not that of an object which begins later.
            number = session.add(image, **prompt, number=session.free_number(self._feed.numbers()))
            self._editor.message = f"object {number} is followed"
            return number
        assert action.number is not None
        if action.deed is Deed.REMOVE:
            session.remove(action.number)
        else:
            session.correct(action.number, **prompt)
        return action.number

    def _session_at(self, index: int) -> Session:
        """A session that is where this one was after an earlier frame: the frames before it are followed again."""
        place, session = self._history.nearest(index)
        for frame in range(place + 1, index + 1):
            list(follow(session, [self._feed.input(frame, self._feed.image(frame), session)]))
        return session

    def _go_back(self, index: int, session: Session) -> None:
        assert self._editor is not None
        self._session.become(session)
        self._feed.go_back(index)
        self._editor.follow(index)
        for output in self._outputs:
            if isinstance(output, Revisable):
                output.go_back(index, self._before(index))

    def _before(self, index: int) -> Iterator[tuple[int, np.ndarray, Results]]:
        assert self._history.first is not None
        for frame in range(self._history.first, index):
            yield frame, self._feed.image(frame), self._history.results(frame)
