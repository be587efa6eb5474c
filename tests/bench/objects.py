"""Times several objects in one video: what each further one costs compared with the first."""

import math
import statistics
import time

import numpy as np

from libs.dataset.rendered.sequences import render_sequence
from libs.utils.errors import SettingsError
from pytracking.session import Session
from pytracking.tracker.base.together import copy_tracker
from tests.bench.machine import set_threads, versions
from tests.bench.tracker import build_tracker, describe_settings

TILES = 5, 4
"""Columns and rows of tiles in the picture; one object moves in each tile."""


class Mosaic:
    """A video of tiles, each a rendered sequence with its own object.

    Args:
        count: number of frames.
        size: (width, height) in pixels; rounded down to whole tiles.
    """

    def __init__(self, count, size):
        columns, rows = TILES
        width, height = size[0] // columns, size[1] // rows
        tiles = [render_sequence("easy", count, (width, height), seed) for seed in range(columns * rows)]
        self.frames = [self._join([tile.frame(index) for tile in tiles]) for index in range(count)]
        first = self._join([np.where(tile.mask(0), number, 0) for number, tile in enumerate(tiles, 1)])
        self.masks = [first == number for number in range(1, 1 + len(tiles))]

    @staticmethod
    def _join(pictures):
        columns, rows = TILES
        return np.vstack([np.hstack(pictures[row * columns :][:columns]) for row in range(rows)])


def measure_objects(network, options):
    """Time of a frame with 1, 2 and more objects, as a dict that JSON can hold.

    The sessions take turns at every frame, so that a slower machine slows all of them.

    Args:
        network: TimedNetwork.
        options: of the command line: parameters, parameter_file, device, precision, threads, frames, warm_up, size,
            objects.

    Raises:
        SettingsError: more objects than the picture has tiles.
    """
    most = math.prod(TILES)
    if max(options.objects) > most:
        raise SettingsError(f"--objects {max(options.objects)} is too many; the picture has {most}")
    set_threads(options.threads)
    video = Mosaic(options.warm_up + options.frames + 1, options.size)
    tracker = build_tracker(network, options)
    sessions = {count: _start(tracker, video, count) for count in sorted({1, *options.objects})}
    seconds = {count: [] for count in sessions}
    for frame in video.frames[1:]:
        for count, session in sessions.items():
            # Wall time, because objects go through a frame in several threads. A session's results are on the host.
            start = time.perf_counter()
            session.step(frame)
            seconds[count].append(time.perf_counter() - start)
    return {
        "kind": "objects",
        "settings": {**describe_settings(tracker, network, options), "clock": "wall"},
        "versions": versions(),
        "objects": summarize_objects({count: values[options.warm_up :] for count, values in seconds.items()}),
    }


def summarize_objects(seconds):
    """For each number of objects, the median time of a frame and the cost of a further object relative to one."""
    medians = {count: 1000 * statistics.median(values) for count, values in seconds.items()}
    return {
        str(count): {
            "median_ms": median,
            "further_object": None if count == 1 else (median - medians[1]) / (count - 1) / medians[1],
        }
        for count, median in medians.items()
    }


def _start(tracker, video, count):
    """A session with this many objects; sessions share the network."""
    session = Session(copy_tracker(tracker))
    for mask in video.masks[:count]:
        session.add(video.frames[0], mask=mask)
    return session
