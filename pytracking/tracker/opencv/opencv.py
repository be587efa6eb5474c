"""The trackers that OpenCV ships, as baselines: `--tracker opencv:csrt`, `opencv:kcf`, `opencv:vit`, ..."""

import difflib
import time
from collections.abc import Callable
from typing import Any, Literal

import cv2
import numpy as np
from pydantic import Field

from libs.media.images import as_rgb
from libs.utils.boxes import box_to_polygon, clip_box
from libs.utils.errors import DataError, SettingsError
from libs.utils.params import Params
from libs.utils.state import State
from pytracking.evaluation.environment import network_path
from pytracking.tracker.base.basetracker import BaseTracker, first_box, started

NAMES = {"csrt": "CSRT", "kcf": "KCF", "nano": "Nano", "vit": "Vit"}
"""Algorithm -> OpenCV's name for it."""
FILES = {"nano": {"backbone": "pth_path", "neckhead": "neckhead"}, "vit": {"net": "pth_path"}}
"""Algorithm -> OpenCV's field of each ONNX file -> ours."""
ZOO = "https://github.com/opencv/opencv_zoo has vit's, https://github.com/HonglinChu/SiamTrackers nano's"


class OpenCVParams(Params):
    """One of OpenCV's trackers."""

    algorithm: Literal["csrt", "kcf", "nano", "vit"] = "csrt"
    """Which one; csrt and kcf are in opencv-contrib-python only, nano and vit need ONNX files."""
    pth_path: str | None = None
    """ONNX file of vit's network, or of nano's backbone (`--checkpoint`)."""
    neckhead: str | None = None
    """ONNX file of nano's head."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Fields of OpenCV's own parameters of this tracker, such as `{'use_segmentation': False}` of csrt."""


class OpenCVTracker(BaseTracker):
    """Reports upright boxes, no mask; where OpenCV finds nothing, the last box, as lost.

    Raises:
        SettingsError: this OpenCV does not have the tracker, or a file or option of it does not exist.
    """

    def __init__(self, params: OpenCVParams) -> None:
        super().__init__(params)
        self._create = _factory(params)
        # Now, not on the first frame, is when a missing file is to be found.
        self._create()
        self._tracker: Any = None
        self._box = np.full(4, np.nan)

    def __deepcopy__(self, memo: dict[int, Any]) -> "OpenCVTracker":
        # OpenCV's objects cannot be copied; whoever copies a tracker starts the copy on an object of its own.
        return OpenCVTracker(self.params)

    def initialize(self, image: np.ndarray, info: dict[str, Any]) -> dict[str, Any]:
        """Start on a new sequence, from the upright box of what is given; see BaseTracker.initialize."""
        start, image = time.perf_counter(), as_rgb(image)
        box = clip_box(first_box(info, image.shape), image.shape)
        corners = np.round([box[:2], box[:2] + box[2:]]).astype(int)
        self._tracker = self._create()
        try:
            self._tracker.init(_as_bgr(image), (*corners[0].tolist(), *np.maximum(corners[1] - corners[0], 1).tolist()))
        except cv2.error as error:
            raise DataError(f"OpenCV's {self.params.algorithm} cannot start on box {box.tolist()}: {error}") from error
        self._box = box
        return self._output(State.TRACKED, None, start)

    def track(self, image: np.ndarray, info: dict[str, Any] | None = None) -> dict[str, Any]:
        """Follow the target into the next frame; see BaseTracker.track."""
        tracker, start, image = started(self._tracker), time.perf_counter(), as_rgb(image)
        try:
            found, box = tracker.update(_as_bgr(image))
        except cv2.error:
            found, box = False, None
        if found:
            self._box = np.array(box, dtype=np.float64)
        # Only those with a network say how sure they are.
        score = tracker.getTrackingScore() if self.params.algorithm in FILES else None
        return self._output(State.TRACKED if found else State.LOST, score, start)

    def _output(self, state: State, score: float | None, start: float) -> dict[str, Any]:
        box = self._box
        return {
            "target_bbox": box.copy(),
            "polygon": box_to_polygon(box),
            "score": score,
            "state": state,
            "time": time.perf_counter() - start,
        }


def find_factory(name: str) -> Callable[..., Any] | None:
    """Function that makes OpenCV's tracker of this name ('CSRT'), or None; it has stood in several places."""
    return _find(f"Tracker{name}_create", f"Tracker{name}.create")


def _find(*paths: str) -> Any:
    for module in (cv2, getattr(cv2, "legacy", None)):
        for path in paths:
            found: Any = module
            for part in path.split("."):
                found = getattr(found, part, None)
            if found is not None:
                return found
    return None


def _factory(params: OpenCVParams) -> Callable[[], Any]:
    """Function that makes the tracker; what OpenCV refuses of files is a SettingsError."""
    name = NAMES[params.algorithm]
    create = find_factory(name)
    if create is None:
        raise SettingsError(
            f"this OpenCV ({cv2.__version__}) has no {name} tracker; opencv-contrib-python has: "
            "pip uninstall opencv-python, then pip install opencv-contrib-python"
        )
    values = {**_files(params), **params.options}
    if not values:
        return create
    own = _find(f"Tracker{name}_Params", f"Tracker{name}.Params")()
    for field, value in values.items():
        _set(own, field, value, params.algorithm)

    def create_with_values() -> Any:
        try:
            return create(own)
        except cv2.error as error:
            raise SettingsError(f"OpenCV's {params.algorithm} cannot be made with {values}: {error}") from error

    return create_with_values


def _set(own: Any, field: str, value: Any, algorithm: str) -> None:
    fields = [each for each in dir(own) if not each.startswith("_")]
    if field not in fields:
        nearest = difflib.get_close_matches(field, fields, n=1, cutoff=0)
        raise SettingsError(f"OpenCV's {algorithm} has no option {field!r}; did you mean {nearest[0]!r}?")
    try:
        setattr(own, field, value)
    except TypeError as error:
        raise SettingsError(f"option {field!r} of OpenCV's {algorithm} is {value!r}: {error}") from error


def _files(params: OpenCVParams) -> dict[str, str]:
    """OpenCV's field -> path of each ONNX file that the tracker reads."""
    files = {}
    for field, ours in FILES.get(params.algorithm, {}).items():
        given = getattr(params, ours)
        path = None if given is None else network_path(given)
        if path is None or not path.is_file():
            option = "--checkpoint FILE" if ours == "pth_path" else f"--set {ours}=FILE"
            what = "none is given" if path is None else f"{path} is no file"
            raise SettingsError(
                f"opencv:{params.algorithm} reads its {field} from an ONNX file, {option}: {what}. {ZOO}"
            )
        files[field] = str(path)
    return files


def _as_bgr(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[..., ::-1])
