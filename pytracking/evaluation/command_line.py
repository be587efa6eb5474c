"""Arguments that several commands take."""


def add_tracker_arguments(parser):
    """Add the positional TRACKER and PARAM, and --runid."""
    parser.add_argument("tracker", metavar="TRACKER", help="folder in pytracking/tracker, such as DMB")
    parser.add_argument(
        "param", metavar="PARAM", help="file in pytracking/parameter/TRACKER, such as DMB_default_params"
    )
    parser.add_argument("--runid", type=int, metavar="N", help="number of a repeated run; results are kept apart by it")


def add_results_argument(parser):
    """Add --results."""
    parser.add_argument(
        "--results",
        metavar="FOLDER",
        help="folder of all results (default: DMB_RESULTS_PATH, results_path in local.py, or 'results' where you are)",
    )


def add_run_arguments(parser):
    """Add how sequences are run: --debug, --threads, --results."""
    _add_debug_argument(parser, "<results>/TRACKER/PARAM/debug/<sequence>; sequences run even if they are finished")
    parser.add_argument(
        "--threads",
        type=int,
        default=1,
        metavar="N",
        help="processes that share the sequences and the GPUs (%(default)s)",
    )
    add_results_argument(parser)


def add_output_arguments(parser):
    """Add what is followed and what is written: --optional_box, --mask, --output, --save_results, --debug."""
    parser.add_argument(
        "--optional_box",
        nargs="+",
        type=float,
        action="append",
        metavar="NUMBER",
        help="the object in the first frame: X Y W H in pixels, or 8 numbers, the corners; again for further objects",
    )
    parser.add_argument(
        "--mask",
        metavar="FILE|FOLDER",
        help="PNG of the first frame's size: 0 is background, every other value an object; or a folder of such images, "
        "called as their frames (by number from 00000.png in a video), each object beginning where it is first shown",
    )
    parser.add_argument("--output", metavar="FILE", help="write a video (.mp4 or .avi) with the results drawn in")
    parser.add_argument(
        "--save_results",
        action="store_true",
        help="write boxes and polygons as text and masks as indexed PNG, to <results>/TRACKER/PARAM/video_<name>",
    )
    _add_debug_argument(parser, "<results>/TRACKER/PARAM/debug/video_<name>")


def _add_debug_argument(parser, folder):
    parser.add_argument(
        "--debug",
        type=int,
        choices=(0, 1, 2),
        default=0,
        help="1: show what the tracker does in every frame, in one picture: crops, scores, mask, remembered frames and "
        "the attention each received, decisions; in a window, or where there is no display in files, in "
        f"{folder}; 2: wait for a key after each frame (%(default)s)",
    )
