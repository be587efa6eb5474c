"""A video as a session: objects are added, followed, corrected and removed, frame by frame.

Every command, window and page stands on this: `Session(tracker).add(frame, box=...)`, `step(frame)`, `correct(...)`.
"""

import dataclasses
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from libs.media.images import as_rgb
from libs.media.void import LAST_OBJECT
from libs.utils.errors import CheckpointError, DataError, SettingsError
from libs.utils.metrics import region_similarity
from pytracking.evaluation.limits import MOST_OBJECTS, check_count
from pytracking.prompts import ObjectStarts, check_prompt, make_prompt
from pytracking.tracker.base.basetracker import BaseTracker, SegmentationTracker
from pytracking.tracker.base.result import Result, Results, read_output, share_pixels
from pytracking.tracker.base.together import copy_tracker, follow_together

SAME_OBJECT = 0.5
"""A new object that overlaps another one by more than this (IoU of their masks) is that object."""


class Session:
    """Follows any number of objects of one video, each with its own copy of a tracker; networks are shared, not copied.

    With a `SegmentationTracker`, such as DMB, the masks of a frame are merged by soft aggregation before any object
    learns from its own: each remembers its share of them. With any other tracker the objects know nothing of each
    other. Either way no pixel is in two of the masks that come out (see `join_masks`).

    After an error every call leaves the session as it was; but a tracker that is no `SegmentationTracker` cannot take
    a frame back that it has seen before another one failed in it. Frames are kept, not copied, until the next comes.

    Args:
        tracker: a `BaseTracker`; it follows one object, copies of it the others.
        max_objects: how many may be followed at a time.

    Attributes:
        image: the frame just seen, RGB uint8 (H, W, 3); None before the first.
        index: of that frame, from 0; -1 before the first.
        results: of that frame, by ascending number of the object.
    """

    def __init__(self, tracker: BaseTracker, max_objects: int = MOST_OBJECTS) -> None:
        self._trackers = [tracker]
        self._max_objects = max_objects
        self.clear()

    def clear(self) -> None:
        """Forget every object and frame."""
        self.image: np.ndarray | None = None
        self.index, self.results = -1, Results()
        self._active: dict[int, BaseTracker] = {}
        self._began: dict[int, int] = {}
        self._highest = 0

    def add(
        self,
        frame: np.ndarray,
        *,
        box: ArrayLike | None = None,
        polygon: ArrayLike | None = None,
        mask: ArrayLike | None = None,
        number: int | None = None,
    ) -> int:
        """Begin to follow an object.

        Args:
            frame: RGB uint8 (H, W, 3): the frame just seen or, where nothing is followed yet, any other.
            box: x, y, w, h in pixels. polygon: four corners (4, 2), or their 8 numbers; box or polygon is given, or a
                mask, or a mask with one of them.
            mask: (H, W), nonzero on the object.
            number: of the object, 1..254; None: one that no object had yet.

        Returns:
            The object's number, its key in `results`.

        Raises:
            DataError: the frame, box or mask cannot be used, or the object is one that is followed. SettingsError: the
            number is taken, there are too many objects, or the frame is not the one just seen.
        """
        image, info = as_rgb(frame), make_prompt(box, polygon, mask)
        is_seen = self.image is not None and (image is self.image or np.array_equal(image, self.image))
        if self._active and not is_seen:
            raise SettingsError("objects are added to the frame just seen: call step(frame) before add(frame, ...)")
        number = self.free_number() if number is None else number
        if number in self._active:
            raise SettingsError(f"object {number} is followed already; correct({number}, ...) or remove({number}) it")
        begun, started = self._start(image, {number: info})
        self._refuse_known(number, started[number])
        self._take(image, self.index if is_seen else self.index + 1, begun, _in_order(self.results | started))
        return number

    def step(self, frame: np.ndarray, starts: ObjectStarts | None = None) -> Results:
        """Follow all objects into the next frame.

        Args:
            frame: RGB uint8 (H, W, 3).
            starts: of objects that begin in it, which those that are followed then know of when their masks are merged;
                an object that is followed already starts again.

        Returns:
            `results`.

        Raises:
            DataError: the frame, a number, region or mask cannot be used. SettingsError: too many objects. What the
            trackers raise escapes.
        """
        image, starts = as_rgb(frame), starts or {}
        followed = {number: tracker for number, tracker in self._active.items() if number not in starts}
        begun, started = self._start(image, starts)
        results = _in_order(started | follow_together(image, followed, started))
        self._take(image, self.index + 1, begun, results)
        return self.results

    def correct(
        self,
        number: int,
        *,
        mask: ArrayLike | None = None,
        box: ArrayLike | None = None,
        polygon: ArrayLike | None = None,
        forget_since: int | None = None,
    ) -> Result:
        """Say where an object is in the frame just seen. The tracker learns from it, and keeps what it learned before.

        DMB remembers the corrected frame for ever, as the first one; its filter learns from it with a higher weight;
        position, scale and what is expected of the mask are reset. Any other tracker starts again.

        Args:
            number: of the object.
            mask: (H, W), nonzero on the object. box, polygon: as for `add`; they become a mask by what is remembered.
            forget_since: index of a frame; what was learned from it on is forgotten, but for corrections.

        Returns:
            The object's new result.

        Raises:
            DataError: the box or mask cannot be used. SettingsError: there is no such object.
        """
        self._require(number)
        assert self.image is not None
        info = make_prompt(box, polygon, mask)
        check_prompt(info, self.image.shape)
        # On a copy, which takes the tracker's place only if nothing goes wrong.
        old = self._active[number]
        tracker = copy_tracker(old)
        if isinstance(tracker, SegmentationTracker):
            since = None if forget_since is None else max(1, forget_since - self._began[number])
            out = tracker.correct(self.image, info, since)
        else:
            out = tracker.initialize(self.image, info)
        result = dataclasses.replace(read_output(out or {}, info), debug=self.results[number].debug)
        self.results = share_pixels(self.results | {number: result})
        self._trackers[self._trackers.index(old)] = tracker
        self._active[number] = tracker
        return self.results[number]

    @property
    def tracker(self) -> BaseTracker:
        """The tracker that follows the first object, and is copied for the others."""
        return self._trackers[0]

    def copy(self) -> "Session":
        """An independent session that is where this one is; networks are shared, and frames are."""
        other = Session(self.tracker, self._max_objects)
        copies = {id(tracker): copy_tracker(tracker) for tracker in self._trackers}
        other._trackers = list(copies.values())
        other._active = {number: copies[id(tracker)] for number, tracker in self._active.items()}
        other._began, other._highest = dict(self._began), self._highest
        other.image, other.index, other.results = self.image, self.index, self.results
        return other

    def become(self, other: "Session") -> None:
        """Be where another session of the same tracker is, which is not to be used any more."""
        vars(self).update(vars(other))

    def remove(self, number: int) -> None:
        """Stop following an object; the others continue unchanged.

        Raises:
            SettingsError: there is no such object, or it is the only one.
        """
        self._require(number)
        if len(self._active) == 1:
            raise SettingsError(f"object {number} is the only one; add another one first, or clear() the session")
        for known in (self._active, self._began):
            del known[number]
        self.results = {other: result for other, result in self.results.items() if other != number}

    def free_number(self, reserved: Iterable[int] = ()) -> int:
        """Number for a new object: above all that objects had, or, when these are used up, the lowest that is free.

        Args:
            reserved: numbers of objects elsewhere, which the new one is to be above, too.

        Raises:
            SettingsError: there are too many objects.
        """
        unused = range(max([self._highest, *reserved]) + 1, LAST_OBJECT + 1)
        free = unused or [number for number in range(1, LAST_OBJECT + 1) if number not in self._active]
        check_count(len(self._active) + 1, min(self._max_objects, LAST_OBJECT), "the session's objects")
        return free[0]

    def save(self, path: str | os.PathLike, extra: Mapping[str, Any] | None = None) -> None:
        """Write all that is known to a file, from which `load` continues with the same results; networks by their hash.

        Args:
            path: of the file.
            extra: what else it is to hold, for `read_session(path)["extra"]`: tensors, numbers, strings, None, and
                lists and dicts of these.

        Raises:
            SettingsError: the tracker cannot be saved. DataError: the file cannot be written.
        """
        # Late, because torch takes seconds to import, which trackers without a network do not need.
        from pytracking.session_file import result_to_dict, write_session

        objects = {}
        for number, tracker in self._active.items():
            if not isinstance(tracker, SegmentationTracker):
                raise SettingsError(f"{type(tracker).__name__} cannot be saved: it is no SegmentationTracker")
            result = result_to_dict(self.results[number])
            objects[number] = {"began": self._began[number], "tracker": tracker.state_dict(), "result": result}
        state = {
            "max_objects": self._max_objects,
            "index": self.index,
            "highest": self._highest,
            "image": self.image,
            "objects": objects,
            "extra": dict(extra or {}),
        }
        write_session(path, self._trackers[0], state)

    @classmethod
    def load(cls, path: str | os.PathLike, tracker: BaseTracker | None = None) -> "Session":
        """The session that was saved to a file.

        Args:
            path: of the file.
            tracker: built as the one that was saved; None: DMB is built, with the weights where they were then.

        Raises:
            CheckpointError: the file cannot be read, is of a later version, or was made with other weights or
            parameters. SettingsError: the tracker must be given, or cannot be loaded.
        """
        # Late, as above.
        from pytracking.session_file import read_session, tracker_for

        content = read_session(path)
        session = cls(tracker_for(path, content, tracker), content["max_objects"])
        try:
            session._go_on(content)
        # Whatever a damaged file may lead to.
        except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise CheckpointError(f"{path} is damaged: {error!r:.200}; copy it again, or save again") from error
        return session

    def _go_on(self, content: Mapping[str, Any]) -> None:
        """Take over what `save` wrote."""
        from pytracking.session_file import result_from_dict

        self.index, self._highest = content["index"], content["highest"]
        self.image = None if content["image"] is None else content["image"].numpy().copy()
        self._trackers += [copy_tracker(self._trackers[0]) for _ in range(1, len(content["objects"]))]
        for tracker, (number, entry) in zip(self._trackers, content["objects"].items(), strict=False):
            assert isinstance(tracker, SegmentationTracker)
            tracker.load_state_dict(entry["tracker"])
            self._active[number], self._began[number] = tracker, entry["began"]
            self.results[number] = result_from_dict(entry["result"])

    def _require(self, number: int) -> None:
        if number not in self._active:
            known = ", ".join(map(str, sorted(self._active))) or "none"
            raise SettingsError(f"object {number!r} is not followed; those that are: {known}")

    def _start(self, image: np.ndarray, starts: ObjectStarts) -> tuple[dict[int, BaseTracker], Results]:
        """Start trackers that nothing is followed with. Returns them, and their results, by number of the object."""
        for number, info in starts.items():
            if number not in range(1, LAST_OBJECT + 1):
                raise DataError(f"object {number!r}: give objects numbers from 1 to {LAST_OBJECT}")
            check_prompt(info, image.shape)
        new = ", ".join(map(str, starts))
        check_count(len(self._active.keys() | starts.keys()), self._max_objects, f"object {new}")
        free = [tracker for tracker in self._trackers if tracker not in self._active.values()]
        while len(free) < len(starts):
            free.append(copy_tracker(self._trackers[0]))
            self._trackers.append(free[-1])
        begun = dict(zip(starts, free, strict=False))
        started = {
            number: read_output(begun[number].initialize(image, info) or {}, info) for number, info in starts.items()
        }
        return begun, started

    def _take(self, image: np.ndarray, index: int, begun: Mapping[int, BaseTracker], results: Results) -> None:
        """Make a frame the one just seen, with objects that begin in it, and the results of all; nothing can fail."""
        self.image, self.index, self.results = image, index, results
        self._active.update(begun)
        self._began.update(dict.fromkeys(begun, index))
        self._highest = max(self._highest, *begun, 0)

    def _refuse_known(self, number: int, started: Result) -> None:
        """Raise DataError where the mask of a new object is that of another one."""
        for other, result in self.results.items():
            if started.mask is None or result.mask is None or started.mask.shape != result.mask.shape:
                continue
            overlap = region_similarity(started.mask, result.mask)
            if overlap > SAME_OBJECT:
                raise DataError(
                    f"object {number} would cover object {other}, whose mask it overlaps by {overlap:.0%}; "
                    f"correct({other}, ...) it, or remove({other}) it first"
                )


def _in_order(results: Results) -> Results:
    """The results by ascending number of the object, with masks that share no pixel."""
    return share_pixels({number: results[number] for number in sorted(results)})
