"""Objects that are shown in some frames of a video, followed from these through all of it, in both directions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from libs.media.frames import PatchedFrames
from libs.utils.errors import DataError
from pytracking.evaluation.limits import MOST_OBJECTS
from pytracking.evaluation.loop import FrameInput, Step, follow, prompted_frame
from pytracking.prompts import Prompt, read_prompt
from pytracking.session import Session
from pytracking.tracker.base.basetracker import BaseTracker
from pytracking.tracker.base.packed_result import PackedResult
from pytracking.tracker.base.result import Result, Results, share_pixels

Prompts = Mapping[int, Mapping[int, Prompt]]
"""Index of a frame -> number of each object that is shown in it -> Prompt."""
Choice = Literal["nearest", "score"]


def propagate(
    tracker: BaseTracker,
    video: Sequence[np.ndarray],
    prompts: Mapping[int, Mapping[int, ArrayLike | Prompt]],
    choose: Choice = "nearest",
    max_objects: int = MOST_OBJECTS,
    skip_bad_frames: bool = False,
) -> Iterator[Step]:
    """Follow objects from every frame that shows them, forwards and backwards, to all frames.

    First the video is followed from its end to its start, and of that only results are kept, packed; then forwards,
    which gives the steps. In each direction an object begins in the first frame that shows it, and the others correct
    it (see `Session.correct`). A frame is read when it is needed, and nothing of it is kept.

    Args:
        tracker: built; as for `Session`.
        video: frames, RGB uint8 (H, W, 3), of any index in any order, such as a list or `libs.media.frames.Frames`.
        prompts: index of a frame -> number of each object that is shown in it -> mask (H, W), box of 4 numbers, polygon
            of 8, or dict as for `BaseTracker.initialize`.
        choose: which result a frame between two prompts of an object has: that of the 'nearest', or of both directions
            the one of higher 'score', which takes twice the time.
        max_objects: how many there may be.
        skip_bad_frames: whether a frame that cannot be read has the results of the one that was followed before it, and
            what it shows is not used; else its DataError escapes, as that of the first frame always does.

    Yields:
        Step of every frame, in order.

    Raises:
        DataError: nothing is shown, or in a frame that is not there. What `Session` raises escapes.
    """
    shown = {index: {number: read_prompt(each) for number, each in infos.items()} for index, infos in prompts.items()}
    outside = sorted(index for index in shown if index not in range(len(video)))
    if outside:
        raise DataError(f"frame {outside[0]} shows an object, but the frames are 0 to {len(video) - 1}")
    if skip_bad_frames:
        video = PatchedFrames(video)
        shown = {index: infos for index, infos in shown.items() if not video.is_bad(index)}
    places = _places(shown)
    if not places:
        raise DataError("nothing is shown of any object; give {frame: {number: mask}}")
    packed: dict[int, dict[int, PackedResult]] = {}
    took: dict[int, float] = {}
    for step in _pass(tracker, video, shown, choose, max_objects, backwards=True):
        wanted = [number for number in step.results if _wants(places[number], step.index, choose, backwards=True)]
        packed[step.index] = {number: PackedResult(step.results[number]) for number in wanted}
        took[step.index] = step.seconds if wanted else 0.0
    forwards = _pass(tracker, video, shown, choose, max_objects)
    step = next(forwards, None)
    for index in range(len(video)):
        there, seconds, image = Results(), 0.0, None
        # Not before its turn: a frame that cannot be read ends it.
        if step is not None and step.index < index:
            step = next(forwards, None)
        if step is not None and step.index == index:
            there, seconds, image = step.results, step.seconds, step.image
        back = packed.pop(index, {})
        seconds += took.pop(index, 0.0)
        results = _join(there, {number: each.unpacked() for number, each in back.items()}, places, index, choose)
        yield Step(index, video[index] if image is None else image, results, seconds)


def _places(shown: Prompts) -> dict[int, list[int]]:
    """Number of each object -> the frames that show it, ascending."""
    places: dict[int, list[int]] = {}
    for index, infos in sorted(shown.items()):
        for number in infos:
            places.setdefault(number, []).append(index)
    return places


def _pass(
    tracker: BaseTracker,
    video: Sequence[np.ndarray],
    shown: Prompts,
    choose: Choice,
    max_objects: int,
    backwards: bool = False,
) -> Iterator[Step]:
    """Follow the objects in one direction, through the frames where some result of it is wanted."""
    session = Session(tracker, max_objects)
    return follow(session, _inputs(session, video, shown, choose, backwards))


def _inputs(
    session: Session, video: Sequence[np.ndarray], shown: Prompts, choose: Choice, backwards: bool
) -> Iterator[FrameInput]:
    places = _places(shown)
    order: Iterable[int] = range(len(video))
    for index in reversed(order) if backwards else order:
        if not any(_wants(frames, index, choose, backwards) for frames in places.values()) and index not in shown:
            continue
        image = video[index]
        hold = isinstance(video, PatchedFrames) and video.is_bad(index)
        yield prompted_frame(index, image, shown.get(index, {}), session.results, hold=hold)


def _wants(frames: Sequence[int], index: int, choose: Choice, backwards: bool) -> bool:
    """Whether an object that `frames` show is to be followed to a frame in this direction."""
    before = [frame for frame in frames if frame <= index]
    after = [frame for frame in frames if frame > index]
    if not before or not after:
        return bool(after) if backwards else bool(before)
    return choose == "score" or (after[0] - index < index - before[-1]) == backwards


def _join(there: Results, back: Results, places: Mapping[int, Sequence[int]], index: int, choose: Choice) -> Results:
    """The results of a frame: of each object those of the direction that counts, with masks that share no pixel."""
    chosen = {}
    for number in sorted(places):
        forwards = there.get(number) if _wants(places[number], index, choose, backwards=False) else None
        both = [result for result in (forwards, back.get(number)) if result is not None]
        # A frame that shows the object is its own; of equal scores, that from the nearer frame counts.
        if index in places[number] or len(both) == 1:
            chosen[number] = both[0]
        elif both:
            nearer = _wants(places[number], index, "nearest", backwards=True)
            chosen[number] = max(reversed(both) if nearer else both, key=_score)
    return share_pixels(chosen)


def _score(result: Result) -> float:
    return 0.0 if result.score is None else result.score
