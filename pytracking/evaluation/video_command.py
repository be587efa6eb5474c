"""The work of `run_video.py` and `run_webcam.py`, from parsed options to exit status."""

import contextlib

from pytracking.evaluation.command_line import INTERRUPTED
from pytracking.evaluation.environment import results_path
from pytracking.evaluation.output import OverlayVideo, ResultFolder
from pytracking.evaluation.tracker import Tracker
from pytracking.evaluation.video import follow_video, read_starts
from pytracking.evaluation.video_source import open_source
from pytracking.evaluation.viewer import Viewer


def run_on_source(options, address):
    """Follow what the options say through a video, folder, camera or stream.

    Args:
        options: parsed, with what `command_line` adds.
        address: as for `video_source.open_source`.

    Returns:
        Exit status.

    Raises:
        DMBError: the tracker, the video, the start or an output cannot be used.
    """
    tracker = Tracker(options.tracker, options.param, options.runid)
    starts = read_starts(options.optional_box, options.mask)
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(open_source(address))
        viewer = stack.enter_context(Viewer(source.name)) if options.debug or not starts else None
        folder = results_path(options.results) / tracker.results_name / f"video_{source.name}"
        outputs = _open_outputs(stack, options, source, folder)
        if viewer is None and not outputs:
            print("note: neither --output nor --save_results is given, so nothing will be written")
        summary = follow_video(tracker.create_tracker(), source, starts, outputs, viewer)
    if summary.frames:
        rate = summary.frames / summary.seconds
        print(f"{summary.frames} frames, {rate:.1f} a second in the tracker")
        for path in filter(None, (options.output, options.save_results and folder)):
            print(f"written: {path}")
    return INTERRUPTED if summary.interrupted else 0


def _open_outputs(stack, options, source, folder):
    outputs = []
    if options.output:
        outputs.append(stack.enter_context(OverlayVideo(options.output, source.frames_per_second)))
    if options.save_results:
        outputs.append(stack.enter_context(ResultFolder(folder)))
    return outputs
