"""Convert annotations and results from one format to another: `python -m pytracking.convert --help`."""

import argparse
import pathlib
import sys

from libs.utils.command_line import command_parser, run_command
from libs.utils.errors import SettingsError

SCRIPT = "python -m pytracking.convert"
EXAMPLES = """examples:
  python -m pytracking.convert results/DMB/DMB_default_params/video_clip clip.json
  python -m pytracking.convert annotations.xml masks/ --to png                   from CVAT to indexed PNG
  python -m pytracking.convert gt.txt boxes.csv --from mot
  python -m pytracking.convert boxes.csv labels/ --to yolo --video clip.mp4      the video tells the size
  python -m pytracking.convert masks/ clip.json --to coco_polygons --tolerance 1
  python -m pytracking.convert --list                                            the formats

Frames and pixels count from 0, except in formats that have another rule. What a format cannot hold is lost:
docs/formats.md says what. Nothing is overwritten.
"""
ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "coco", ".xml": "cvat"}
"""Of TO -> its format, where the ending says it."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns 0; 2 on bad input."""
    return run_command(_run, _parser().parse_args(arguments))


def _run(options: argparse.Namespace) -> int:
    # Late, because these take long to import, which --help should not.
    from libs.media.annotations.conversion import convert, describe_source
    from libs.media.annotations.record import Video
    from libs.media.annotations.registry import find_format, known_formats, read_annotations
    from libs.media.sources import open_source

    if options.list:
        for name, each in known_formats().items():
            print(f"{name:14} {each.title}")
        return 0
    if options.target is None:
        raise SettingsError("give FROM and TO: what to read, and what to write")
    form = find_format(options.to or _by_ending(options.target), options.tolerance)
    video, known = None, Video()
    if options.video:
        with open_source(options.video) as source:
            video = known = describe_source(source)
    elif options.size:
        known = Video(size=(options.size[1], options.size[0]))
    recording = read_annotations(options.source, options.read_as, known)
    written = convert(recording, form, options.target, video)
    counts = f"{written.frames} frames, {written.objects} objects, {written.records} objects in frames"
    print(f"written: {options.target} ({form.name}: {counts})")
    return 0


def _by_ending(target: str) -> str:
    ending = pathlib.PurePath(target).suffix.lower()
    if ending not in ENDINGS:
        raise SettingsError(f"the name {target} does not say the format; give --to ({SCRIPT} --list lists them)")
    return ENDINGS[ending]


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(SCRIPT, "Convert annotations and results from one format to another.", EXAMPLES)
    add = parser.add_argument
    add("source", nargs="?", metavar="FROM", help="file or folder to read; its format is recognised by its content")
    add("target", nargs="?", metavar="TO", help="file or folder to write; it must not exist yet")
    add("--from", dest="read_as", metavar="FORMAT", help="format of FROM, where its content does not say it")
    add("--to", "--format", metavar="FORMAT", help="format of TO (default: by its ending: .csv, .jsonl, .json, .xml)")
    add("--video", metavar="VIDEO", help="the video or folder of images, for the size and the names of frames")
    add("--size", nargs=2, type=_side, metavar=("W", "H"), help="size of the images, where FROM does not say it")
    add(
        "--tolerance",
        type=float,
        default=0.0,
        metavar="PIXELS",
        help="how far outlines may deviate, to have fewer corners (coco_polygons, yolo, cvat; default: exact)",
    )
    add("--list", action="store_true", help="list the formats")
    return parser


def _side(text: str) -> int:
    side = int(text)
    if side < 1:
        raise ValueError(text)
    return side


if __name__ == "__main__":
    sys.exit(main())
