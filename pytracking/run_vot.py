"""Let the VOT toolkit run a tracker, by TraX: `python pytracking/run_vot.py --help`."""

import argparse
import itertools
import os
import sys
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import trax.region
import trax.server

from libs.media.images import read_image
from libs.utils.command_line import command_parser, run_command
from libs.utils.errors import DMBError, SettingsError
from libs.utils.masks import place_mask
from pytracking.evaluation.answers import BOX, MASK, Kind, answer_of, four_corners
from pytracking.evaluation.command_line import add_tracker_arguments, tracker_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytracking.evaluation.loop import FrameInput
    from pytracking.tracker.base.result import Result

EXAMPLES = """examples:
  vot configure vot2018/shortterm --workspace ws --nodownload      a workspace; put the sequences in ws/sequences
  python pytracking/run_vot.py DMB DMB_default_params --write-ini ws/trackers.ini
  cd ws && vot test DMB_DMB_default_params && vot evaluate DMB_DMB_default_params
  vot analysis DMB_DMB_default_params && vot report DMB_DMB_default_params

The toolkit then starts this program itself. run_vot_test.py --protocol gives the same results faster, without it.
"""
REGIONS = ("rectangle", "polygon", "mask")


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
        region: 'rectangle', 'polygon', 'mask', or 'auto': of each object is reported what was given at its start.
    """

    def __init__(self, region: Kind | Literal["auto"]) -> None:
        self._region: Kind | Literal["auto"] = region
        # All kinds, so that the ground truth arrives as it is and nothing is converted on the way. No metadata named
        # 'vot': by it the toolkit would take this for the old wrapper, and start a new process at each reset.
        self._server = trax.server.Server(
            list(REGIONS), ["path"], ["color"], tracker_name="pytracking", multiobject=True
        )
        self._kinds: dict[int, Kind] = {}

    def serve(self, tracker: Any) -> None:
        """Answer requests with a `BaseTracker` until the toolkit ends the session.

        Raises:
            DMBError: an image or region cannot be used.
        """
        # Late, as above.
        from pytracking.evaluation.loop import follow
        from pytracking.session import Session

        for step in follow(Session(tracker), self._frames()):
            self._server.status(
                [_to_trax(each, self._kinds[number], step.image.shape) for number, each in step.results.items()]
            )

    def _frames(self) -> "Iterator[FrameInput]":
        """What the toolkit sends, as a source: it sends the next frame when it has the answer to the one before."""
        from pytracking.evaluation.loop import FrameInput

        for index in itertools.count():
            request = self._server.wait()
            if request.type not in ("initialize", "frame"):
                return
            image, anew = read_image(request.image["color"].path()), request.type == "initialize"
            if anew:
                self._kinds = {}
            # Objects have the numbers 1, 2, ... in the order in which they come, at the start or later.
            new: dict[int, Any] = dict(
                enumerate((region for region, _ in request.objects or []), start=len(self._kinds) + 1)
            )
            self._kinds |= {
                number: region.type if self._region == "auto" else self._region for number, region in new.items()
            }
            starts = {number: _start_info(region, image.shape) for number, region in new.items()}
            yield FrameInput(index, image, starts, anew=anew)

    def quit(self, reason: str) -> None:
        """End the session, telling the toolkit why."""
        self._server.quit(reason)


def _start_info(region: Any, image_shape: tuple[int, ...]) -> dict[str, Any]:
    """What a `BaseTracker` is started with, from a TraX region."""
    if region.type == "rectangle":
        return {"init_bbox": list(region.bounds())}
    if region.type == "polygon":
        return {"init_bbox": list(four_corners(np.array(list(region))).ravel())}
    return {"init_mask": place_mask(region.array(), region.offset(), image_shape)}


def _to_trax(result: "Result", kind: Kind, image_shape: tuple[int, ...]) -> tuple[Any, dict[str, float]]:
    """A Result as a TraX region, empty for a lost target, and how sure the tracker is."""
    properties = {} if result.score is None else {"confidence": result.score}
    answer = answer_of(result, kind, image_shape)
    if kind == MASK:
        mask = np.zeros(image_shape[:2], dtype=bool) if answer is None else answer
        return trax.region.Mask.create(mask.astype("uint8")), properties
    if answer is None:
        # The toolkit takes no special code.
        return trax.region.Rectangle.create(0, 0, 0, 0), properties
    if kind == BOX:
        return trax.region.Rectangle.create(*answer.tolist()), properties
    return trax.region.Polygon.create([(float(x), float(y)) for x, y in answer]), properties


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
