"""J and F of a network's appearance memory alone: `python ltr/run_validation.py --help`."""

import argparse
import contextlib
import sys
from collections.abc import Sequence

from libs.utils.command_line import command_parser, run_command

EXAMPLES = """examples:
  python ltr/run_validation.py dmb_lite2.pth.tar --data /data/DAVIS-val
  python ltr/run_validation.py dmb_lite2.pth.tar --data /data/YouTube-VOS --sequences vos-list-val.txt --from-box

As the DAVIS benchmark counts, neither the first nor the last frame of a video counts. Objects are segmented one by one.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table. Returns the exit status: 0; 2 on bad input; 130 on Ctrl-C."""
    return run_command(_validate, _parser().parse_args(arguments))


def _validate(options: argparse.Namespace) -> int:
    # Imported here, because this takes seconds, and --help should not.
    import numpy as np

    from libs.dataset.readers.video_segmentation import load_youtube_vos
    from libs.models.checkpoint import load_network
    from libs.models.inference import prepare_for_inference
    from libs.models.own_backbones import import_backbone
    from libs.utils.devices import find_device
    from libs.utils.errors import DataError
    from ltr.data.build import held_out_names
    from ltr.trainers.validation import score_object

    if options.backbone:
        import_backbone(options.backbone)
    network, _ = load_network(options.checkpoint, find_device(options.device))
    network = prepare_for_inference(network, options.precision)
    videos = load_youtube_vos(options.data, split=held_out_names(options.sequences) or None)
    scores = []
    for video in videos.objects:
        score = score_object(network, video, contextlib.nullcontext, options.from_box)
        if score is not None:
            scores.append(score)
            print("{:24} J {:.3f}  F {:.3f}".format(video.name, *score), flush=True)
    if not scores:
        raise DataError(f"{options.data}: no video has an annotated frame to compare with but its first and last")
    print("{:24} J {:.3f}  F {:.3f}".format(f"mean of {len(scores)}", *np.mean(scores, axis=0)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "python ltr/run_validation.py",
        "J and F of a network's appearance memory alone (no filter), propagating masks through videos.",
        EXAMPLES,
    )
    parser.add_argument("checkpoint", help="file of the network")
    parser.add_argument(
        "--data", required=True, metavar="FOLDER", help="videos in YouTube-VOS layout: JPEGImages/ and Annotations/"
    )
    parser.add_argument(
        "--sequences", default="", metavar="LIST", help="list file, or names separated by commas (default: all)"
    )
    parser.add_argument("--from-box", action="store_true", help="start from the first mask's box, not from the mask")
    parser.add_argument("--precision", default="auto", help="auto, fp32, bf16, fp16 (%(default)s)")
    parser.add_argument("--backbone", metavar="MODULE:CLASS", help="of the network, where it is a class of your own")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
