"""Follow objects through a video or camera, frame by frame: nothing of a frame is kept once the next one is read."""

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
from tqdm import tqdm

from libs.media.files import free_path
from libs.media.source import Source, SourceFrame, readable_frames
from libs.utils.command_line import status_of
from libs.utils.errors import DataError, DMBError
from pytracking.evaluation import loop
from pytracking.evaluation.debug import ask_for_pictures, debug_picture
from pytracking.evaluation.editing import Deed, Editor
from pytracking.evaluation.limits import MOST_OBJECTS
from pytracking.evaluation.loop import follow
from pytracking.evaluation.output import Output, draw_results
from pytracking.evaluation.video_starts import Starts
from pytracking.evaluation.viewer import Viewer
from pytracking.prompts import ObjectStarts, shown_by
from pytracking.propagation import propagate
from pytracking.session import Session
from pytracking.tracker.base.basetracker import BaseTracker

KEYS = "? shows the keys, r selects objects anew, q quits"
HELD = 30
"""Milliseconds from one look at the keys to the next while the video stands still."""


@dataclasses.dataclass(frozen=True)
class Summary:
    """What a run did.

    Attributes:
        frames: how many were followed.
        seconds: spent in the tracker, starts included.
        interrupted: 0, or the exit status where Ctrl-C or a signal ended it.
        problems: what was not as it was to be: a frame that cannot be read, an object that never began.
    """

    frames: int
    seconds: float
    interrupted: int
    problems: tuple[str, ...] = ()


def follow_video(
    tracker: BaseTracker,
    source: Source,
    starts: Starts,
    outputs: Sequence[Output] = (),
    viewer: Viewer | None = None,
    debug: int = 0,
    skip_bad_frames: bool = False,
    max_objects: int = MOST_OBJECTS,
    backwards: bool = False,
    scores: bool = False,
) -> Summary:
    """Follow objects to the end of a source, until the user quits, or until Ctrl-C or a signal (`Terminated`).

    Args:
        tracker: a `BaseTracker`.
        source: see `libs.media.sources.open_source`.
        starts: index of a frame -> number of each object that is shown in it -> dict as for `BaseTracker.initialize`
            (see `video_starts.read_starts`): the first begins it, later ones correct it. Without any, the user selects
            boxes in the viewer.
        outputs: objects with `add(index, image, results)`, open.
        viewer: a `Viewer`, or None to show nothing.
        debug: above 0 the tracker is asked for its pictures, and they are shown; 2 waits for a key after each.
        skip_bad_frames: whether a frame that cannot be read has the results of the one before; else it ends the run.
        max_objects: how many may be followed at a time.
        backwards: whether objects are followed backwards too, from the frames that show them; see `propagate`.
        scores: whether scores are shown.

    Returns:
        Summary.

    Raises:
        DataError: the first frame or a start cannot be used.
    """
    session = Session(tracker, max_objects)
    feed = _Feed(session, source, starts, viewer, debug, skip_bad_frames)
    frames, seconds, interrupted, selected = 0, 0.0, 0, {}
    if backwards:
        steps = propagate(tracker, source.frames(), starts, max_objects=max_objects)
        steps = tqdm(steps, desc=source.name, total=source.expected_length, unit="frame")
    else:
        steps = follow(session, feed)
    editor = Editor()
    try:
        for step in steps:
            seconds += step.seconds
            # A frame that is started anew was shown already.
            key, selected = ("", {}) if selected else _show(viewer, step, debug, scores)
            if key not in ("q", "r") and viewer is not None and not backwards:
                key = _edit(viewer, session, step, editor, key, scores)
                step = dataclasses.replace(step, results=session.results)
            if selected and not backwards:
                feed.start_anew(selected)
                continue
            for output in outputs:
                output.add(step.index, step.image, step.results)
            frames += 1
            if key == "q":
                break
        else:
            feed.problems += _late_starts(feed.starts, frames)
    except KeyboardInterrupt as interruption:
        interrupted = status_of(interruption)
    return Summary(frames, seconds, interrupted, tuple(feed.problems))


class _Feed:
    """A source for `follow`: the frames of a video with what begins in each, as given or as the user selects it.

    Attributes:
        starts: as for `follow_video`, without those that a selection has put an end to.
        problems: what was not as it was to be.
    """

    def __init__(
        self, session: Session, source: Source, starts: Starts, viewer: Viewer | None, debug: int, skip_bad: bool
    ) -> None:
        self.starts = starts
        self.problems: list[str] = []
        self._session, self._source, self._viewer = session, source, viewer
        self._debug, self._skip_bad = debug, skip_bad
        self._selected: ObjectStarts = {}

    def __iter__(self) -> Iterator[loop.FrameInput]:
        for frame in _until_bad(self._source, self._skip_bad, self.problems):
            # Those of `readable_frames` have an image.
            assert frame.image is not None
            if frame.index == 0 and not self.starts:
                assert self._viewer is not None
                self.starts = {0: _select(self._viewer, frame.image)}
                if not self.starts[0]:
                    self.starts = {}
                    return
            shown = ask_for_pictures(self.starts.get(frame.index, {}), self._debug)
            followed = self._session.results
            yield loop.prompted_frame(frame.index, frame.image, shown, followed, hold=frame.error is not None)
            while self._selected:
                selected, self._selected = self._selected, {}
                yield loop.FrameInput(frame.index, frame.image, ask_for_pictures(selected, self._debug), anew=True)

    def start_anew(self, selected: ObjectStarts) -> None:
        """Give the last frame again, with other objects in place of all that were to be followed."""
        self.starts, self._selected = {}, selected


def _until_bad(source: Source, skip: bool, problems: list[str]) -> Iterator[SourceFrame]:
    """The frames up to one that cannot be read, which is put down as a problem, unless it is the first."""
    shown = tqdm(readable_frames(source, skip), desc=source.name, total=source.expected_length, unit="frame")
    index = None
    try:
        for frame in shown:
            index = frame.index
            yield frame
    except DataError as error:
        if index is None:
            raise
        problems.append(f"{error}; what is before it is written (--on-bad-frame skip goes on)")


def _late_starts(starts: Starts, frames: int) -> list[str]:
    """The objects that never began, because they were to after the last frame, in words."""
    first = {number: index for index in sorted(starts, reverse=True) for number in starts[index]}
    return [
        f"object {number} was to begin in frame {index}, but there are {frames} frames"
        for number, index in sorted(first.items())
        if index >= frames
    ]


def _select(viewer: Viewer, image: np.ndarray) -> ObjectStarts:
    boxes = viewer.select_boxes(image)
    return {number: {"init_bbox": list(box)} for number, box in enumerate(boxes, start=1)}


def _show(viewer: Viewer | None, step: loop.Step, debug: int, scores: bool) -> tuple[str, ObjectStarts]:
    """Show the results if there is a viewer. Returns the key, and what the user selects after 'r'."""
    if viewer is None:
        return "", {}
    if debug:
        picture = debug_picture(step.image, step.results, f"{step.index}  {KEYS}")
    else:
        picture = draw_results(step.image, step.results, KEYS, scores)
    key = viewer.show(picture, debug > 1)
    return key, _select(viewer, step.image) if key == "r" else {}


def _edit(viewer: Viewer, session: Session, step: loop.Step, editor: Editor, key: str, scores: bool) -> str:
    """Let the user pause, and add, correct and remove objects. Returns the key that ends it, or ''."""
    editor.show(step.image.shape, session.results)
    editor.key(key)
    while editor.holds or editor.waits:
        _do(session, step.image, editor)
        editor.show(step.image.shape, session.results)
        if not editor.holds:
            return ""
        viewer.listen(editor.press, editor.drag)
        picture = draw_results(step.image, session.results, str(step.index), scores)
        key = viewer.show(editor.draw(picture), milliseconds=HELD)
        if key == "q":
            return key
        editor.key(key)
    return ""


def _do(session: Session, image: np.ndarray, editor: Editor) -> None:
    """Do what the user wants, if anything; why it cannot be done is told in the window."""
    action = editor.take()
    if action is None:
        return
    shown = shown_by(action.prompt or {})
    try:
        if action.deed is Deed.ADD:
            editor.message = f"object {session.add(image, **shown)} is followed"
        elif action.deed is Deed.SAVE:
            path = free_path(pathlib.Path("video.session"), ".session")
            session.save(path)
            editor.message = f"saved: {path.resolve()}"
        elif action.number is not None:
            session.remove(action.number) if action.deed is Deed.REMOVE else session.correct(action.number, **shown)
    except DMBError as error:
        editor.message = str(error)
