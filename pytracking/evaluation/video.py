"""Follow objects through a video or camera, frame by frame: nothing of a frame is kept once the next one is read."""

import dataclasses
import time

from tqdm import tqdm

from libs.utils.errors import DataError, SettingsError
from libs.utils.images import read_mask
from libs.utils.masks import check_mask
from libs.utils.polygons import check_polygon, region_to_polygon
from pytracking.evaluation.objects import ObjectTrackers
from pytracking.evaluation.output import draw_results

MOST_OBJECTS = 20
KEYS = "keys: r selects objects anew, q quits"


@dataclasses.dataclass(frozen=True)
class Summary:
    """What a run did.

    Attributes:
        frames: how many were followed.
        seconds: spent in the tracker, starts included.
        interrupted: whether Ctrl-C ended it.
    """

    frames: int
    seconds: float
    interrupted: bool


def read_starts(boxes=None, mask_file=None):
    """What is to be followed, from a command line's boxes and mask.

    Args:
        boxes: list of regions of 4 (x, y, w, h) or 8 (corners) numbers, one an object.
        mask_file: an indexed or gray image of the first frame's size; each value but 0 is an object.

    Returns:
        list of dicts as for `BaseTracker.initialize`; empty without either.

    Raises:
        SettingsError: several boxes, or a mask of several objects, where both are given.
        DataError: the mask is unreadable, empty, or has too many values to be object numbers.
    """
    starts = [{"init_bbox": list(box)} for box in boxes or ()]
    if mask_file is None:
        return starts
    indices = read_mask(mask_file)
    values = sorted(set(indices.ravel().tolist()) - {0})
    if not 1 <= len(values) <= MOST_OBJECTS:
        raise DataError(
            f"mask {mask_file} holds {len(values)} objects; give an image that is 0 on the background and has a number "
            f"for each object, 1 to {MOST_OBJECTS} of them"
        )
    if not starts:
        return [{"init_mask": indices == value} for value in values]
    if len(starts) > 1 or len(values) > 1:
        raise SettingsError("a box and a mask together describe one object; give several by the mask or by boxes alone")
    return [{**starts[0], "init_mask": indices > 0}]


def follow_video(tracker, source, starts, outputs=(), viewer=None):
    """Follow objects to the end of a source, until the user quits, or until Ctrl-C.

    Args:
        tracker: a `BaseTracker`.
        source: iterable of RGB uint8 (H, W, 3) frames with `name` and `length` (see `video_source.open_source`).
        starts: list of dicts as for `BaseTracker.initialize`; without any, the user selects boxes in the viewer.
        outputs: objects with `add(index, image, results)`, open.
        viewer: a `Viewer`, or None to show nothing.

    Returns:
        Summary.

    Raises:
        DataError: a frame or start cannot be used.
    """
    objects = ObjectTrackers(tracker)
    frames, seconds, interrupted = 0, 0.0, False
    try:
        for index, image in enumerate(tqdm(source, desc=source.name, total=source.length, unit="frame")):
            if index == 0:
                infos = starts or _select(viewer, image)
                if not infos:
                    break
            begin = time.perf_counter()
            results = _start(objects, image, infos) if index == 0 else objects.track(image)
            seconds += time.perf_counter() - begin
            key, results = _show(viewer, objects, image, results)
            for output in outputs:
                output.add(index, image, results)
            frames += 1
            if key == "q":
                break
    except KeyboardInterrupt:
        interrupted = True
    return Summary(frames, seconds, interrupted)


def _start(objects, image, infos):
    # Here, because not every tracker checks what it is started with.
    for info in infos:
        if "init_bbox" in info:
            check_polygon(region_to_polygon(info["init_bbox"]), image.shape)
        if "init_mask" in info:
            check_mask(info["init_mask"], image.shape)
    return objects.initialize(image, infos)


def _select(viewer, image):
    return [{"init_bbox": list(box)} for box in viewer.select_boxes(image)]


def _show(viewer, objects, image, results):
    """Show the results if there is a viewer. Returns the key, and the results, new ones if objects were selected."""
    if viewer is None:
        return "", results
    key = viewer.show(draw_results(image, results, KEYS))
    infos = _select(viewer, image) if key == "r" else []
    return key, objects.initialize(image, infos) if infos else results
