"""Follow an object through a video without torch: `dmb-onnx-track --help`."""

import argparse
import sys

from dmb_onnx import InputError, Tracker, __version__
from dmb_onnx.video import Results, read_mask, read_video

EXAMPLES = """examples:
  dmb-onnx-track clip.mp4 --box 90 40 60 80 --output tracked.mp4
  dmb-onnx-track frames/ --mask first.png --results tracked --programs exported

PROGRAMS is what `python -m pytracking.export --format onnx --output exported` writes.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns 0; 2 on bad input; 130 on Ctrl-C, which keeps what is written."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; what was done is kept", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace) -> int:
    if options.threads < 0:
        raise InputError(f"--threads {options.threads} is negative; give 0 (one a core) or more")
    if options.box is None and options.mask is None:
        raise InputError("nothing says where the object is; give --box X Y W H or --mask FILE")
    frames = read_video(options.video)
    info = {"init_bbox": options.box, "init_mask": None if options.mask is None else read_mask(options.mask)}
    tracker, results, seconds, count = Tracker(options.programs, threads=options.threads), None, 0.0, 0
    try:
        for image in frames:
            out = tracker.initialize(image, info) if count == 0 else tracker.track(image)
            # After the first frame has been accepted, so that an error leaves nothing behind.
            results = results or Results(options.results, options.output)
            results.add(count, image, out)
            seconds += out["time"]
            count += 1
    finally:
        if results is not None:
            results.close()
    print(f"{count} frames, {count / max(seconds, 1e-9):.1f} a second in the tracker")
    for path in filter(None, (options.output, options.results)):
        print(f"written: {path}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dmb-onnx-track",
        description="Follow an object through a video with exported programs: NumPy, OpenCV and onnxruntime alone.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--version", action="version", version=f"%(prog)s {__version__}", help="show the version and exit")
    add("video", metavar="VIDEO", help="video file or folder of images")
    add(
        "--box",
        nargs=4,
        type=float,
        metavar=("X", "Y", "W", "H"),
        help="of the object in the first frame, in pixels",
    )
    add("--mask", metavar="FILE", help="mask of the object in the first frame: an image that is black elsewhere")
    add("--programs", default="exported", metavar="FOLDER", help="folder of the exported programs (%(default)s)")
    add("--threads", type=int, default=0, metavar="N", help="threads of the CPU; 0: one a core (%(default)s)")
    add("--output", metavar="FILE", help="write a video with the results drawn in (.mp4)")
    add("--results", metavar="FOLDER", help="write boxes.txt, scores.txt and masks/ to a new folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
