"""Follow objects through a video or camera, frame by frame: nothing of a frame is kept once the next one is read."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from tqdm import tqdm

from libs.media.source import Source, SourceFrame, readable_frames
from libs.utils.command_line import status_of
from libs.utils.errors import DataError
from pytracking.evaluation import loop
from pytracking.evaluation.debug import ask_for_pictures, debug_picture
from pytracking.evaluation.limits import MOST_OBJECTS
from pytracking.evaluation.loop import follow
from pytracking.evaluation.objects import ObjectResults, ObjectStarts, ObjectTrackers
from pytracking.evaluation.output import Output, draw_results
from pytracking.evaluation.video_starts import Starts
from pytracking.evaluation.viewer import Viewer
from pytracking.tracker.base.basetracker import BaseTracker

KEYS = "keys: r selects objects anew, q quits"


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
) -> Summary:
    """Follow objects to the end of a source, until the user quits, or until Ctrl-C or a signal (`Terminated`).

    Args:
        tracker: a `BaseTracker`.
        source: see `libs.media.sources.open_source`.
        starts: index of a frame -> number of each object that begins in it -> dict as for `BaseTracker.initialize`
            (see `video_starts.read_starts`); without any, the user selects boxes in the viewer.
        outputs: objects with `add(index, image, results)`, open.
        viewer: a `Viewer`, or None to show nothing.
        debug: above 0 the tracker is asked for its pictures, and they are shown; 2 waits for a key after each.
        skip_bad_frames: whether a frame that cannot be read has the results of the one before; else it ends the run.
        max_objects: how many may be followed at a time.

    Returns:
        Summary.

    Raises:
        DataError: the first frame or a start cannot be used.
    """
    feed = _Feed(source, starts, viewer, debug, skip_bad_frames)
    frames, seconds, interrupted, selected = 0, 0.0, 0, {}
    try:
        for step in follow(ObjectTrackers(tracker, max_objects), feed):
            seconds += step.seconds
            # A frame that is started anew was shown already.
            key, selected = ("", {}) if selected else _show(viewer, step.image, step.index, step.results, debug)
            if selected:
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

    def __init__(self, source: Source, starts: Starts, viewer: Viewer | None, debug: int, skip_bad: bool) -> None:
        self.starts = starts
        self.problems: list[str] = []
        self._source, self._viewer, self._debug, self._skip_bad = source, viewer, debug, skip_bad
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
            starts = ask_for_pictures(self.starts.get(frame.index, {}), self._debug)
            yield loop.FrameInput(frame.index, frame.image, starts, hold=frame.error is not None)
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
    """The objects that were to begin after the last frame, in words."""
    return [
        f"object {', '.join(map(str, infos))} was to begin in frame {index}, but there are {frames} frames"
        for index, infos in starts.items()
        if index >= frames
    ]


def _select(viewer: Viewer, image: np.ndarray) -> ObjectStarts:
    boxes = viewer.select_boxes(image)
    return {number: {"init_bbox": list(box)} for number, box in enumerate(boxes, start=1)}


def _show(
    viewer: Viewer | None, image: np.ndarray, index: int, results: ObjectResults, debug: int
) -> tuple[str, ObjectStarts]:
    """Show the results if there is a viewer. Returns the key, and what the user selects after 'r'."""
    if viewer is None:
        return "", {}
    picture = debug_picture(image, results, f"{index}  {KEYS}") if debug else draw_results(image, results, KEYS)
    key = viewer.show(picture, debug > 1)
    return key, _select(viewer, image) if key == "r" else {}
