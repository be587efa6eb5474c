"""Times OpenCV's CSRT and KCF on the same frames, if opencv-contrib-python is installed."""

import cv2
import numpy as np

from libs.utils.polygons import polygon_to_box, region_to_polygon
from pytracking.tracker.opencv.opencv import find_factory
from tests.bench.machine import CPU, MatrixRate, measure_stretches, median_cost, now

NAMES = ("CSRT", "KCF")


def measure_opencv(video, options):
    """Tracker name -> numbers, or a line that says what is missing.

    Args:
        video: Video.
        options: options with frames and warm_up.
    """
    return {name: _measure(name, video, options) for name in NAMES}


def _measure(name, video, options):
    create = find_factory(name)
    if create is None:
        return f"not in this OpenCV ({cv2.__version__}); install opencv-contrib-python in place of opencv-python"
    count = options.warm_up + options.frames
    frames = [np.ascontiguousarray(video[index][..., ::-1]) for index in range(count + 1)]
    tracker = create()
    tracker.init(frames[0], tuple(round(number) for number in polygon_to_box(region_to_polygon(video.box))))
    for frame in frames[1 : 1 + options.warm_up]:
        tracker.update(frame)
    rest = frames[1 + options.warm_up :]
    (stretch,) = measure_stretches(MatrixRate(CPU), [lambda: [_seconds(tracker, frame) for frame in rest]])
    mean = sum(stretch.seconds) / len(stretch.seconds)
    return {"mean_ms": 1000 * mean, "fps": 1 / mean, "gflop_equivalents": median_cost([stretch])}


def _seconds(tracker, frame):
    start = now(CPU)
    tracker.update(frame)
    return now(CPU) - start
