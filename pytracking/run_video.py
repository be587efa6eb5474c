"""Run a tracker on a video: `python pytracking/run_video.py --help`."""

import argparse
import os
import sys

from libs.utils.command_line import command_parser, run_command
from pytracking.evaluation.command_line import (
    add_results_argument,
    add_tracker_arguments,
)
from pytracking.evaluation.video_arguments import add_video_arguments, parse_video_arguments

EXAMPLES = """examples:
  python pytracking/run_video.py clip.mp4                                               select objects with the mouse
  python pytracking/run_video.py clip.mp4 --optional_box 90 40 60 80 --output out.mp4
  python pytracking/run_video.py frames/ --mask first_mask.png --save_results
  python pytracking/run_video.py clip.mp4 --mask masks/ --save_results                  later masks begin or correct
  python pytracking/run_video.py clip.mp4 --mask masks/ --backwards --output out.webm   both ways
  python pytracking/run_video.py clip.mp4 --resume clip.session --output rest.mp4       continue where s saved it
  python pytracking/run_video.py DMB DMB_default_params a.mp4 b/ --mask masks/    with masks/a/ and masks/b/
  python pytracking/run_video.py DMB DMB_default_params clip.mp4 --set memory_interval=3 --checkpoint mine.pth.tar
  python pytracking/run_video.py mine:MyTracker clip.mp4 --param ./my_parameters.py     a tracker of your own
  python pytracking/run_video.py DMB DMB_default_params clip.mp4 --mask first_mask.png --debug 1
  python pytracking/run_video.py DMB DMB_default_params rtsp://camera.local/stream

With --optional_box or --mask no window opens, so the command works on a machine without a display. The masks of several
objects are merged in every frame, so that no pixel belongs to two of them.

Results are written frame by frame. After Ctrl-C, SIGTERM, SIGHUP, a full disk or a frame that cannot be read, the same
command continues: it follows the finished frames once more, because a tracker's state is not kept, leaves their results
unchanged, and adds the rest, as if nothing had stopped it. It never overwrites what another run or anybody else wrote:
the results then go to video_<name>_2, and the video to out_2.mp4. A camera gets new files each time.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns 0; 1 where a frame cannot be read; 2 on bad input or a full disk; 130 on Ctrl-C, 143 on SIGTERM, 129 on
    SIGHUP. The outputs hold what was done.
    """
    return run_command(_run, _name_videos(parse_video_arguments(_parser(), arguments)))


def _name_videos(options: argparse.Namespace) -> argparse.Namespace:
    """The options with several videos as such, where argparse took the first ones for TRACKER and PARAM."""
    words = [word for word in (options.tracker, options.param) if word is not None]
    trackers = os.listdir(os.path.join(os.path.dirname(__file__), "tracker"))
    videos = [os.path.exists(word) and word not in trackers and not word.endswith(".py") for word in words]
    first = videos.index(True) if any(videos) else None
    if first is not None:
        options.videofile = words[first:] + options.videofile
        options.tracker, options.param = [*words[:first], None, None][:2]
    return options


def _run(options: argparse.Namespace) -> int:
    # Late, because it takes seconds to import, which --help should not.
    from pytracking.evaluation.video_command import run_on_sources

    return run_on_sources(options, options.videofile)


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "python pytracking/run_video.py",
        "Follow one or more objects through a video, a folder of images, a camera or a stream.",
        EXAMPLES,
    )
    add_tracker_arguments(parser)
    parser.add_argument(
        "videofile",
        nargs="+",
        metavar="VIDEO",
        help="video file, folder of images, camera number (0) or URL (rtsp://...); several are followed one after the "
        "other, each with the masks in MASK/<its name>",
    )
    add_video_arguments(parser)
    add_results_argument(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
