"""Let the VOT toolkit run a tracker, by TraX: `python pytracking/run_vot.py --help`."""

import argparse
import itertools
import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import trax.region
import trax.server

from libs.media.images import read_image
from libs.utils.boxes import box_to_polygon
from libs.utils.command_line import command_parser, run_command
from libs.utils.errors import DMBError, SettingsError
from libs.utils.masks import place_mask
from libs.utils.polygons import polygon_to_box, polygon_to_mask
from pytracking.evaluation.command_line import add_tracker_arguments, tracker_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytracking.evaluation.loop import FrameInput
    from pytracking.evaluation.objects import ObjectResult

EXAMPLES = """examples:
  vot configure vot2018/shortterm --workspace ws --nodownload      a workspace; put the sequences in ws/sequences
  python pytracking/run_vot.py DMB DMB_default_params --write-ini ws/trackers.ini
  cd ws && vot test DMB_DMB_default_params && vot evaluate DMB_DMB_default_params
  vot analysis DMB_DMB_default_params && vot report DMB_DMB_default_params

The toolkit then starts this program itself. For VOT2018 alone, run_vot_test.py gives the same results faster.
"""
REGIONS = ("rectangle", "polygon", "mask")
OBJECT = 1
NOTHING = 0
"""Code of a region that is none."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns 0; 2 on bad input; 130 on Ctrl-C."""
    return run_command(_run, _parser().parse_intermixed_args(arguments))


def _run(options: Any) -> int:
    # Late, because building a tracker takes seconds to import, which --help should not.
    from pytracking.evaluation.vot_registry import register_tracker

    tracker = tracker_of(options)
    if options.write_ini:
        name = register_tracker(options.write_ini, __file__, tracker, options.region)
        print(f"written: {options.write_ini}; the toolkit knows the tracker as {name}: vot evaluate {name}")
        return 0
    if "TRAX" not in os.environ:
        raise SettingsError("run_vot.py is started by the VOT toolkit; write its trackers.ini with --write-ini")
    client = Client(options.region)
    try:
        client.serve(tracker.create_tracker())
    except DMBError as error:
        client.quit(str(error))
        raise
    return 0


class Client:
    """The tracker's side of the TraX protocol, on standard input and output.

    Args:
        region: 'rectangle', 'polygon', 'mask', or 'auto': what is reported is what was given at the start.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        # All kinds, so that the ground truth arrives as it is and nothing is converted on the way. No metadata named
        # 'vot': by it the toolkit would take this for the old wrapper, and start a new process at each reset.
        self._server = trax.server.Server(list(REGIONS), ["path"], ["color"], tracker_name="pytracking")

    def serve(self, tracker: Any) -> None:
        """Answer requests with a `BaseTracker` until the toolkit ends the session.

        Raises:
            DMBError: an image or region cannot be used.
        """
        # Late, as above.
        from pytracking.evaluation.loop import follow
        from pytracking.evaluation.objects import ObjectTrackers

        for step in follow(ObjectTrackers(tracker), self._frames()):
            self._server.status([(_to_trax(step.results[OBJECT], self._kind, step.image.shape), {})])

    def _frames(self) -> "Iterator[FrameInput]":
        """What the toolkit sends, as a source: it sends the next frame when it has the answer to the one before."""
        from pytracking.evaluation.loop import FrameInput

        for index in itertools.count():
            request = self._server.wait()
            if request.type not in ("initialize", "frame"):
                return
            image, starts = read_image(request.image["color"].path()), {}
            if request.type == "initialize":
                (start, _), *_ = request.objects
                starts = {OBJECT: _start_info(start, image.shape)}
                self._kind = start.type if self._region == "auto" else self._region
            yield FrameInput(index, image, starts, anew=bool(starts))

    def quit(self, reason: str) -> None:
        """End the session, telling the toolkit why."""
        self._server.quit(reason)


def _start_info(region: Any, image_shape: tuple[int, ...]) -> dict[str, Any]:
    """What a `BaseTracker` is started with, from a TraX region."""
    if region.type == "rectangle":
        return {"init_bbox": list(region.bounds())}
    if region.type == "polygon":
        return {"init_bbox": list(_four_corners(np.array(list(region))).ravel())}
    return {"init_mask": place_mask(region.array(), region.offset(), image_shape)}


def _four_corners(points: np.ndarray) -> np.ndarray:
    """(4, 2) the polygon itself if it has four corners, else its bounding box."""
    return points if len(points) == 4 else box_to_polygon(polygon_to_box(points))


def _to_trax(result: "ObjectResult", kind: str, image_shape: tuple[int, ...]) -> Any:
    """An ObjectResult as a TraX region; a tracker without masks reports its filled polygon as one."""
    if not np.isfinite(result.polygon).all():
        return trax.region.Special.create(NOTHING)
    if kind == "rectangle":
        return trax.region.Rectangle.create(*result.box.tolist())
    if kind == "polygon":
        return trax.region.Polygon.create([(float(x), float(y)) for x, y in result.polygon])
    mask = polygon_to_mask(result.polygon, image_shape) if result.mask is None else result.mask
    return trax.region.Mask.create(mask.astype("uint8"))


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "python pytracking/run_vot.py", "Let the VOT toolkit (vot test, vot evaluate) run a tracker.", EXAMPLES
    )
    add_tracker_arguments(parser)
    parser.add_argument(
        "--write-ini",
        nargs="?",
        const="trackers.ini",
        metavar="FILE",
        help="write the tracker into the toolkit's trackers.ini (default: the one here) and end",
    )
    parser.add_argument(
        "--region",
        choices=("auto", *REGIONS),
        default="auto",
        help="what the tracker reports; auto: what it was started with (%(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
