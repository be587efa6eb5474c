"""Follow objects through a video or camera, frame by frame: nothing of a frame is kept once the next one is read."""

import dataclasses
import time

from tqdm import tqdm

from pytracking.evaluation.debug import ask_for_pictures, debug_picture
from pytracking.evaluation.objects import ObjectTrackers
from pytracking.evaluation.output import draw_results

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


def follow_video(tracker, source, starts, outputs=(), viewer=None, debug=0):
    """Follow objects to the end of a source, until the user quits, or until Ctrl-C.

    Args:
        tracker: a `BaseTracker`.
        source: iterable of RGB uint8 (H, W, 3) frames with `name` and `length` (see `video_source.open_source`).
        starts: index of a frame -> number of each object that begins in it -> dict as for `BaseTracker.initialize`
            (see `video_starts.read_starts`); without any, the user selects boxes in the viewer.
        outputs: objects with `add(index, image, results)`, open.
        viewer: a `Viewer`, or None to show nothing.
        debug: above 0 the tracker is asked for its pictures, and they are shown; 2 waits for a key after each.

    Returns:
        Summary.

    Raises:
        DataError: a frame or start cannot be used.
    """
    objects = ObjectTrackers(tracker)
    frames, seconds, interrupted = 0, 0.0, False
    try:
        for index, image in enumerate(tqdm(source, desc=source.name, total=source.length, unit="frame")):
            if index == 0 and not starts:
                starts = {0: _select(viewer, image)}
                if not starts[0]:
                    break
            begin = time.perf_counter()
            results = objects.track(image, ask_for_pictures(starts.get(index, {}), debug))
            seconds += time.perf_counter() - begin
            key, selected = _show(viewer, image, index, results, debug)
            if selected:
                starts = {}
                results = objects.initialize(image, ask_for_pictures(selected, debug))
            for output in outputs:
                output.add(index, image, results)
            frames += 1
            if key == "q":
                break
    except KeyboardInterrupt:
        interrupted = True
    return Summary(frames, seconds, interrupted)


def _select(viewer, image):
    boxes = viewer.select_boxes(image)
    return {number: {"init_bbox": list(box)} for number, box in enumerate(boxes, start=1)}


def _show(viewer, image, index, results, debug):
    """Show the results if there is a viewer. Returns the key, and what the user selects after 'r'."""
    if viewer is None:
        return "", {}
    picture = debug_picture(image, results, f"{index}  {KEYS}") if debug else draw_results(image, results, KEYS)
    key = viewer.show(picture, debug > 1)
    return key, _select(viewer, image) if key == "r" else {}
