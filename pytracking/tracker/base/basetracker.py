"""The interface every tracker implements."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from libs.utils.errors import SettingsError
from libs.utils.masks import check_mask, tight_box
from libs.utils.polygons import check_region, polygon_to_box

Known = TypeVar("Known")


class BaseTracker:
    """A tracker is built once from its parameters and initialised once per sequence.

    Boxes are (x, y, w, h), 0-based, in image pixels; polygons are (4, 2) corners; images are RGB uint8 (H, W, 3).

    Args:
        params: what the parameter file returns; None for a tracker that has none.
    """

    def __init__(self, params: Any = None) -> None:
        self.params = params

    def initialize(self, image: np.ndarray, info: dict[str, Any]) -> dict[str, Any] | None:
        """Start on a new sequence.

        Args:
            image: the first frame.
            info: dict with `init_bbox` (4 numbers x, y, w, h, or 8 numbers of a polygon) and/or `init_mask` (H, W).
                `debug`: True asks for a picture of what the tracker does, until the next `initialize`. `name`: the
                sequence's, where it has one.

        Returns:
            dict, as from `track`; None where there is nothing to add to `info`.

        Raises:
            DataError: the image, box or mask cannot be used.
        """
        raise NotImplementedError(f"{type(self).__name__}.initialize")

    def track(self, image: np.ndarray, info: dict[str, Any] | None = None) -> dict[str, Any]:
        """Follow the target into the next frame.

        Returns:
            dict with `target_bbox` (4,), `polygon` (4, 2), `segmentation` (H, W) or None, `score` (probability that
            the region overlaps the target by more than half, 0..1), `state` (a `State`), `time` (seconds); `debug`, an
            RGB picture, if it was asked for and the tracker has one to show. One of the first two will do; a region of
            None is a target that is lost.

        Raises:
            DataError: the image cannot be used. SettingsError: the tracker was never initialised.
        """
        raise NotImplementedError(f"{type(self).__name__}.track")


def started(state: Known | None) -> Known:
    """A tracker's state; SettingsError, saying what to do, where it is asked to follow what it was never shown."""
    if state is None:
        raise SettingsError("the tracker has no target yet; call initialize(image, info) before track(image)")
    return state


def first_box(info: dict[str, Any], image_shape: tuple[int, ...]) -> np.ndarray:
    """(4,) the upright box that a tracker is started with, of a polygon the bounding box, of a mask alone its own.

    Args:
        info: as for `BaseTracker.initialize`.
        image_shape: (H, W, ...).

    Raises:
        DataError: the region or the mask cannot be used.
    """
    region = info.get("init_bbox")
    if region is None:
        region = tight_box(check_mask(info["init_mask"], image_shape))
    return polygon_to_box(check_region(region, image_shape))


class SegmentationTracker(BaseTracker):
    """A tracker whose frame has two halves, so that the masks of several objects can be merged in between.

    Each frame is predicted once and then updated once, with its own prediction; any other order is a SettingsError.
    A `predict` that fails leaves the tracker as it was; after an `update` that fails, `cancel` brings it there.
    """

    _open: Any = None
    """The prediction that waits for its update."""
    _before: Any = None
    """The `_mark` before the last prediction."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Here, so that no tracker can forget it: out of order, a frame would be learned twice, or another one's crop.
        for name, in_order in (("initialize", _forgets), ("predict", _opens), ("update", _closes)):
            if name in vars(cls):
                setattr(cls, name, in_order(vars(cls)[name]))

    def track(self, image: np.ndarray, info: dict[str, Any] | None = None) -> dict[str, Any]:
        """Follow the target into the next frame, alone; see BaseTracker.track."""
        return self.update(self.predict(image))

    def predict(self, image: np.ndarray) -> Any:
        """First half of a frame: find the target and segment it, and learn nothing yet.

        Returns:
            An object for `update` that has `probability`, of the target, tensor (S, S) in 0..1, or None where the
            frame was not segmented; and `window`, the CropWindow that it was computed in.
        """
        raise NotImplementedError(f"{type(self).__name__}.predict")

    def update(self, prediction: Any, merged: Any = None) -> dict[str, Any]:
        """Second half: report the target's shape, and learn from it.

        Args:
            prediction: what `predict` returned for this frame.
            merged: `libs.memory.merging.Shares` of the background, of this target, and of the others in the same crop;
                None: there is no other, or the frame was not segmented.

        Returns:
            dict, as from `track`.
        """
        raise NotImplementedError(f"{type(self).__name__}.update")

    def cancel(self) -> None:
        """Be as before the last prediction, whether it waits for its update or had it: the frame was not seen."""
        if self._before is not None:
            self._return_to(self._before)
            self._open = self._before = None

    def correct(
        self, image: np.ndarray, info: dict[str, Any], forget_since: int | None = None
    ) -> dict[str, Any] | None:
        """Learn where the target is in the frame just updated, keeping what was learned before.

        A tracker that cannot, such as this one, starts again.

        Args:
            image: that frame. info: as for `initialize`.
            forget_since: number of a frame, 1 for the first after the start; what was learned from it and from those
                after it is forgotten, but not what earlier corrections taught. None: nothing is.

        Returns, raises:
            as `initialize`.
        """
        return self.initialize(image, info)

    def state_dict(self) -> dict[str, Any]:
        """All that the tracker knows of its target: tensors, numbers, strings, None, and lists and dicts of these.

        Raises:
            SettingsError: this tracker cannot be saved.
        """
        raise SettingsError(f"{type(self).__name__} cannot be saved: it has no state_dict() and load_state_dict(state)")

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a tracker of this class and these parameters was when its `state_dict` was taken."""
        raise SettingsError(f"{type(self).__name__} cannot continue what was saved: it has no load_state_dict(state)")

    def _mark(self) -> Any:
        """What `predict` and `update` change, for `_return_to`."""
        return ()

    def _return_to(self, mark: Any) -> None:
        """Be as at a mark."""


def _forgets(initialize: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(initialize)
    def in_order(self: SegmentationTracker, *arguments: Any, **options: Any) -> Any:
        self._open = self._before = None
        return initialize(self, *arguments, **options)

    return in_order


def predict_in_order(trackers: Sequence[SegmentationTracker], predict: Callable[[], Sequence[Any]]) -> Sequence[Any]:
    """What `predict` gives for each tracker, as its open prediction; where it fails, the trackers are as before.

    Raises:
        SettingsError: a tracker has an open prediction already.
    """
    if any(tracker._open is not None for tracker in trackers):
        raise SettingsError("the frame before was predicted but not updated; call update(prediction) first")
    for tracker in trackers:
        tracker._before = tracker._mark()
    try:
        predictions = predict()
    except BaseException:
        for tracker in trackers:
            tracker.cancel()
        raise
    for tracker, prediction in zip(trackers, predictions, strict=True):
        tracker._open = prediction
    return predictions


def close_in_order(trackers: Sequence[SegmentationTracker], predictions: Sequence[Any]) -> None:
    """Note that the open predictions of trackers are about to be learned. Raises SettingsError for any others."""
    for tracker, prediction in zip(trackers, predictions, strict=True):
        # By its window, which a changed copy of a prediction shares.
        if tracker._open is None or prediction.window is not tracker._open.window:
            raise SettingsError("update takes the prediction of the last frame, once; call predict(image) before it")
        tracker._open = None


def _opens(predict: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(predict)
    def in_order(self: SegmentationTracker, image: np.ndarray) -> Any:
        return predict_in_order([self], lambda: [predict(self, image)])[0]

    return in_order


def _closes(update: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(update)
    def in_order(self: SegmentationTracker, prediction: Any, merged: Any = None) -> Any:
        close_in_order([self], [prediction])
        return update(self, prediction, merged)

    return in_order
