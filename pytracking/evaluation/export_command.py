"""Writes and checks the programs of a tracker, and says in `programs.json` how to feed them."""

import json
import pathlib

import torch

from libs.export.formats import FORMATS, largest_deviation
from libs.export.programs import make_programs
from libs.media.files import whole_or_absent, write_text
from libs.models.config import STRIDE
from libs.utils.crops import IMAGENET_MEAN, IMAGENET_STD
from libs.utils.errors import DMBError
from pytracking.evaluation.tracker import Tracker

TOLERANCE = 1e-4
"""Largest allowed deviation of a program's outputs, relative to the largest output where that is above 1."""


def export_tracker(param, checkpoint, output, formats):
    """Export the networks of the DMB tracker, in float32 on the CPU.

    Args:
        param: parameter file in pytracking/parameter/DMB.
        checkpoint: network weights; None: those of the parameter file.
        output: folder to write to, made if absent; files of the same names are replaced.
        formats: names in `FORMATS`.

    Returns:
        The programs' paths. Each one's largest deviation is printed.

    Raises:
        SettingsError: unknown parameter file, or a format whose packages are not installed.
        CheckpointError: the weights cannot be used.
        DMBError: a program, read back, deviates from the tracker's modules by more than `TOLERANCE`; its file is not
            written.
    """
    for name in formats:
        FORMATS[name].check()
    overrides = {} if checkpoint is None else {"pth_path": checkpoint}
    tracker = Tracker("DMB", param).create_tracker(device="cpu", precision="fp32", **overrides)
    programs = make_programs(tracker.network, tracker.segmenter.crop_size, tracker.spatial.params)
    output = pathlib.Path(output)
    files = [_write_checked(program, FORMATS[name], output) for name in formats for program in programs]
    write_text(output / "programs.json", json.dumps(_describe(tracker, programs), indent=2) + "\n")
    return files


def _write_checked(program, file_format, folder):
    path = folder / f"{program.name}{file_format.suffix}"
    with whole_or_absent(path) as draft:
        file_format.write(program, draft)
        deviation = largest_deviation(program, file_format.read(draft))
        # Written so that not-a-number fails too.
        if not deviation <= TOLERANCE:
            raise DMBError(
                f"{path.name}, read back, deviates by {deviation:.1e} from the tracker (allowed: {TOLERANCE:.0e}) and "
                f"is not written; try another version of torch (here: {torch.__version__}) or the other format"
            )
    print(f"{path}: largest deviation {deviation:.1e}")
    return path


def _describe(tracker, programs):
    """What one who feeds the programs needs to know, as plain data."""
    config, spatial = tracker.network.config, tracker.spatial.params
    return {
        "checkpoint": pathlib.Path(tracker.checkpoint["path"]).name,
        "dtype": "float32",
        "image": {
            "channels": "RGB",
            "mean": IMAGENET_MEAN,
            "std": IMAGENET_STD,
            "normalisation": "(pixel / 255 - mean) / std",
        },
        "stride": STRIDE,
        "segmentation_crop": {"size": tracker.segmenter.crop_size, "factor": tracker.crop_factor},
        "search_crop": {"size": spatial.sample_size, "factor": spatial.search_area_scale},
        "crop_side": "factor * sqrt(width * height) of the target, in image pixels",
        "location": {
            "scale": config.location_scale or tracker.segmenter.crop_size,
            "used": tracker.params.segm_use_dist,
        },
        "memory_mask": config.memory_mask,
        "score_points_per_pixel": spatial.score_upsample_factor,
        "programs": {
            program.name: {"inputs": program.input_shapes(), "outputs": program.outputs} for program in programs
        },
    }
