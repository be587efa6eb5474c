"""Follow objects through a video or camera, frame by frame: nothing of a frame is kept once the next one is read."""

import dataclasses
import logging
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from tqdm import tqdm

from libs.media.frames import Frames, PartOfFrames, WatchedFrames
from libs.media.source import Source, SourceFrame, readable_frames
from libs.utils.command_line import status_of
from libs.utils.errors import DataError
from pytracking.evaluation import loop
from pytracking.evaluation.debug import ask_for_pictures, debug_picture
from pytracking.evaluation.limits import MOST_OBJECTS
from pytracking.evaluation.loop import follow
from pytracking.evaluation.output import Output, draw_results
from pytracking.evaluation.steering import Steering
from pytracking.evaluation.video_starts import Starts
from pytracking.evaluation.viewer import Viewer
from pytracking.prompts import ObjectStarts, Prompt
from pytracking.propagation import propagate
from pytracking.session import Session
from pytracking.tracker.base.basetracker import BaseTracker

KEYS = "? shows the keys, r selects objects again, q quits"


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
    session: Session | None = None,
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
        session: one to continue, after the frame that it saw last; not backwards.

    Returns:
        Summary.

    Raises:
        DataError: the first frame or a start cannot be used, or the session is of another video.
    """
    session = Session(tracker, max_objects) if session is None else session
    feed = _Feed(session, source, starts, viewer, debug, skip_bad_frames)
    first, last, seconds, interrupted, selected = None, -1, 0.0, 0, {}
    if backwards:
        steps = _both_ways(tracker, source.frames(), starts, max_objects, skip_bad_frames, feed.problems)
        steps = tqdm(steps, desc=source.name, total=source.expected_length, unit="frame")
    else:
        steps = follow(session, feed)
    steering = None if viewer is None or backwards else Steering(viewer, session, feed, outputs, source.name, scores)
    try:
        for step in steps:
            seconds += step.seconds
            # A frame that starts again was shown already.
            key, selected = ("", {}) if selected else _show(viewer, step, debug, scores)
            if key not in ("q", "r") and steering is not None:
                key, step = steering.look(step, key)
            if selected and not backwards:
                feed.start_anew(selected)
                continue
            for output in outputs:
                output.add(step.index, step.image, step.results)
            first, last = step.index if first is None else first, step.index
            if key == "q":
                break
        else:
            feed.problems += _late_starts(feed.starts, last + 1)
    except KeyboardInterrupt as interruption:
        interrupted = status_of(interruption)
    frames = 0 if first is None else last + 1 - first
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
        self._removed: dict[int, set[int]] = {}
        self._frames: Frames | None = None
        self._bad: set[int] = set()
        self._again, self._last = 0, -1

    def __iter__(self) -> Iterator[loop.FrameInput]:
        # A session that continues has seen one.
        begins = self._session.image is None
        for frame in self._unseen(_until_bad(self._source, self._skip_bad, self.problems)):
            # Those of `readable_frames` have an image.
            assert frame.image is not None
            if begins and frame.index == 0 and not self.starts:
                assert self._viewer is not None
                self.starts = {0: _select(self._viewer, frame.image)}
                if not self.starts[0]:
                    self.starts = {}
                    return
            if frame.error is not None:
                self._bad.add(frame.index)
            self._last, self._again = frame.index, frame.index + 1
            yield self.input(frame.index, frame.image, self._session)
            # What the user wants with it, or with those before it.
            while self._selected or self._again <= self._last:
                if self._selected:
                    selected, self._selected = ask_for_pictures(self._selected, self._debug), {}
                    index = self._again - 1
                    image = frame.image if index == frame.index else self.image(index)
                    yield loop.FrameInput(index, image, selected, anew=True)
                else:
                    index, self._again = self._again, self._again + 1
                    yield self.input(index, frame.image if index == frame.index else self.image(index), self._session)

    def _unseen(self, frames: Iterable[SourceFrame]) -> Iterator[SourceFrame]:
        """Those behind the frame that the session saw last: a live source's are."""
        seen, begin = self._session.image, self._session.index
        if seen is None or self._source.is_live:
            yield from frames
            return
        frames = iter(frames)
        if not any(frame.index >= begin and np.array_equal(seen, np.asarray(frame.image)) for frame in frames):
            raise DataError(
                f"{self._source.name} does not show the frame that the session was saved at, number {begin} or later; "
                "give the same video, with the same --start and --stride"
            )
        yield from frames

    def input(self, index: int, image: np.ndarray, session: Session) -> loop.FrameInput:
        """What a session is given of a frame."""
        shown, removed = ask_for_pictures(self.starts.get(index, {}), self._debug), self._removed.get(index, ())
        return loop.prompted_frame(index, image, shown, session.results, removed, hold=index in self._bad)

    def image(self, index: int) -> np.ndarray:
        """Of a frame that was given before. Raises DataError where that cannot be had again, as of a camera."""
        if self._frames is None:
            self._frames = self._source.frames()
        # In place of one that cannot be read, that before it.
        return self._frames[next(each for each in range(index, -1, -1) if each not in self._bad)]

    def numbers(self) -> set[int]:
        """Of all objects that are shown somewhere."""
        return {number for infos in self.starts.values() for number in infos}

    def note(self, index: int, number: int, prompt: Prompt | None) -> None:
        """The user shows an object in a frame, or wants it no longer followed after it, for when it comes again."""
        if prompt is None:
            self._removed.setdefault(index, set()).add(number)
        else:
            self.starts = {**self.starts, index: {**self.starts.get(index, {}), number: prompt}}
            self._removed.get(index, set()).discard(number)

    def go_back(self, index: int) -> None:
        """The frames behind this one come again."""
        self._again = index + 1

    def start_anew(self, selected: ObjectStarts) -> None:
        """Give the last frame again, with other objects in place of all that were to be followed."""
        self.starts, self._selected, self._removed = {}, selected, {}


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
        problems.append(_stopped_by(error))


def _stopped_by(error: DataError) -> str:
    return f"{error}; the frames before it are written (--on-bad-frame skip continues)"


def _both_ways(
    tracker: BaseTracker, frames: Frames, starts: Starts, max_objects: int, skip: bool, problems: list[str]
) -> Iterator[loop.Step]:
    """The steps of `propagate` up to a frame that cannot be read, which is put down as a problem, if it is not skipped.

    The way back meets it before anything is known of the frames before it, which are then followed on their own.
    """
    watched, length, problem = WatchedFrames(frames), len(frames), ""
    end: DataError | None = getattr(frames, "problem", None)
    if end is not None and skip:
        logging.warning("%s", end)
    elif end is not None:
        problem = _stopped_by(end)
    while True:
        shown = {index: infos for index, infos in starts.items() if index < length}
        part, met = watched if length == len(frames) else PartOfFrames(watched, range(length)), False
        try:
            for step in propagate(tracker, part, shown, max_objects=max_objects, skip_bad_frames=skip):
                met = True
                yield step
        except DataError as error:
            if skip or not watched.failed:
                raise
            problem, length = _stopped_by(error), watched.failed
            watched.failed = None
            if not met and any(index < length for index in starts):
                continue
        problems += [problem] if problem else []
        return


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
