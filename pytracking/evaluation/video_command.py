"""The work of `run_video.py` and `run_webcam.py`, from parsed options to exit status."""

import argparse
import contextlib
import sys

from libs.media.regions import parse_region
from libs.media.sources import open_source
from libs.utils.command_line import INTERRUPTED
from pytracking.evaluation.command_line import BOX_OPTION, tracker_of
from pytracking.evaluation.debug import DebugPictures
from pytracking.evaluation.environment import results_path
from pytracking.evaluation.output import OverlayVideo, ResultFolder
from pytracking.evaluation.video import follow_video
from pytracking.evaluation.video_starts import read_starts
from pytracking.evaluation.viewer import Viewer, can_show


def run_on_source(options: argparse.Namespace, address: str) -> int:
    """Follow what the options say through a video, folder, camera or stream.

    Args:
        options: parsed, with what `command_line` adds.
        address: as for `libs.media.sources.open_source`.

    Returns:
        Exit status.

    Raises:
        DMBError: the tracker, the video, the start or an output cannot be used.
    """
    tracker = tracker_of(options)
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(open_source(address, options.live, options.wait_for_camera))
        boxes = [parse_region(numbers, BOX_OPTION) for numbers in options.optional_box or ()]
        starts = read_starts(boxes, options.mask, source, options.max_objects)
        results = results_path(options.results) / tracker.results_name
        name = f"video_{source.name}"
        written = {}
        if options.output:
            written[options.output] = OverlayVideo(options.output, source.frames_per_second)
        if options.save_results:
            written[results / name] = ResultFolder(results / name)
        if options.debug and not can_show():
            written[results / "debug" / name] = DebugPictures(results / "debug" / name)
        viewer = None
        if not starts or (options.debug and can_show()):
            viewer = stack.enter_context(Viewer(source.name))
        outputs = [stack.enter_context(output) for output in written.values()]
        if viewer is None and not outputs:
            print("note: neither --output nor --save_results is given, so nothing will be written")
        skip = options.on_bad_frame == "skip"
        summary = follow_video(
            tracker.create_tracker(), source, starts, outputs, viewer, options.debug, skip, options.max_objects
        )
    if summary.frames:
        rate = summary.frames / summary.seconds
        print(f"{summary.frames} frames, {rate:.1f} a second in the tracker")
        if source.dropped:
            print(f"{source.dropped} frames more came too fast and were left out (--no-live takes them all)")
        for path in written:
            print(f"written: {path}")
    for problem in summary.problems:
        print(f"error: {problem}", file=sys.stderr)
    if summary.interrupted:
        return INTERRUPTED
    return 1 if summary.problems else 0
