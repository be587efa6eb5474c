"""Tracks thousands of rendered frames and checks that time and memory stay flat.

    python -m tests.endurance                                   10,000 frames
    python -m tests.endurance --difficulty out_of_view          a target that leaves for 200 frames, again and again

The frames are rendered before anything is measured and played forwards and backwards. Time is the CPU time of one
thread; because a busy machine slows that, too, it is also given in GFLOP-equivalents (see tests/bench/README.md). Every
output is checked to be finite and inside bounds.
"""

import argparse
import math
import statistics
import sys

from libs.dataset.rendered.sequences import DIFFICULTIES
from libs.utils.command_line import run_command
from pytracking.evaluation.tracker import Tracker
from tests.bench.machine import MatrixRate, measure_stretches, median_cost, resident_megabytes, set_threads
from tests.bench.tracker import Run
from tests.bench.video import Video
from tests.sane import check_sane

WINDOW = 500
"""Frames between two lines of the table."""
STRETCH = 100
"""Frames between two matrix products."""
MOST_GROWTH = 20.0
"""Megabytes of resident memory from frame 500 to the last."""
MOST_SLOWDOWN = 1.15
"""Time of a frame in the last window over that in the first."""


class Marathon(Run):
    """One tracker on one long video; every output is checked."""

    def inspect(self, output, image):
        """Make sure that a frame's output is finite and inside bounds."""
        check_sane(output, image.shape)

    def measure_window(self, rate):
        """Track `WINDOW` frames. Returns their mean time, their cost, and the memory held at the end."""
        stretches = measure_stretches(rate, [lambda: self.advance(STRETCH)] * (WINDOW // STRETCH))
        return {
            "ms": 1000 * statistics.mean(seconds for stretch in stretches for seconds in stretch.seconds),
            "gflop_equivalents": median_cost(stretches),
            **resident_megabytes(self.tracker.device),
        }


def main(arguments=None):
    """Run the command line. Returns 0 if time and memory stayed flat, else 1; 2 on bad input; 130 on Ctrl-C."""
    return run_command(_run, _parser().parse_args(arguments))


def _run(options):
    set_threads(1)
    tracker = Tracker("DMB", options.parameter_file).create_tracker(device=options.device)
    rate = MatrixRate(tracker.device)
    marathon = Marathon(tracker, Video(WINDOW, options.size, options.difficulty, rendered=WINDOW))
    windows = []
    print(f"{'frames':>7}{'ms':>8}{'GFLOP-eq.':>11}{'host MB':>9}")
    for _ in range(max(2, math.ceil(options.frames / WINDOW))):
        windows.append(marathon.measure_window(rate))
        print("{:>7}{ms:>8.1f}{gflop_equivalents:>11.2f}{host_mb:>9.1f}".format(marathon.position, **windows[-1]))
        sys.stdout.flush()
    return _judge(windows)


def _judge(windows):
    growth = windows[-1]["host_mb"] - windows[0]["host_mb"]
    ratio = {name: windows[-1][name] / windows[0][name] for name in ("ms", "gflop_equivalents")}
    print(
        f"memory grew by {growth:.1f} MB (at most {MOST_GROWTH:.0f}); the last {WINDOW} frames took {ratio['ms']:.2f} "
        f"times as long as the first (at most {MOST_SLOWDOWN}), {ratio['gflop_equivalents']:.2f} times in "
        "GFLOP-equivalents"
    )
    return int(growth > MOST_GROWTH or min(ratio.values()) > MOST_SLOWDOWN)


def _parser():
    parser = argparse.ArgumentParser(
        "python -m tests.endurance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--frames", type=int, default=10_000, help=f"rounded up to a multiple of {WINDOW}, at least two (%(default)s)")
    add("--difficulty", choices=DIFFICULTIES, default="easy", help="of the video (%(default)s)")
    add("--size", type=int, nargs=2, default=(320, 240), metavar=("W", "H"), help="of the video, pixels (320 240)")
    add("--parameter-file", default="DMB_default_params", help="name in pytracking/parameter/DMB (%(default)s)")
    add("--device", default="auto", help="auto, cpu, cuda, cuda:1 (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
