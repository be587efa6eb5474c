"""Writes and checks the programs of a tracker, and says in `programs.json` how to feed them."""

import json
import pathlib
from collections.abc import Iterable
from typing import Any

import torch

from libs.export.formats import FORMATS, largest_deviation
from libs.export.programs import make_programs
from libs.media.files import whole_or_absent, write_text
from libs.models.strides import STRIDE
from libs.utils.crops import IMAGENET_MEAN, IMAGENET_STD
from libs.utils.errors import DMBError, SettingsError
from pytracking.evaluation.tracker import DEFAULT, Tracker

DESCRIPTION = "programs.json"
TOLERANCE = 1e-4
"""Largest allowed deviation of a program's outputs, relative to the largest output where that is above 1."""


def export_tracker(tracker: Tracker, output: str | pathlib.Path, formats: Iterable[str]) -> list[pathlib.Path]:
    """Export the networks of the DMB tracker, in float32 on the CPU.

    Args:
        tracker: DMB, with the parameters and weights that are wanted.
        output: folder to write to, made if absent; the programs of an earlier export there are replaced.
        formats: names in `FORMATS`.

    Returns:
        The programs' paths. Each one's largest deviation is printed.

    Raises:
        SettingsError: another tracker, a format whose packages are not installed, or files of the programs' names that
            no export wrote.
        CheckpointError: the weights cannot be used.
        DMBError: a program, read back, deviates from the tracker's modules by more than `TOLERANCE`; its file is not
            written.
    """
    for name in formats:
        FORMATS[name].check()
    if tracker.name != DEFAULT:
        raise SettingsError(f"tracker {tracker.name} cannot be exported: only DMB's networks are made into programs")
    built = tracker.create_tracker(device="cpu", precision="fp32")
    programs = make_programs(built.network, built.segmenter.crop_size, built.spatial.params)
    description = pathlib.Path(output) / DESCRIPTION
    planned = [
        (description.with_name(f"{program.name}{FORMATS[name].suffix}"), program, FORMATS[name])
        for name in formats
        for program in programs
    ]
    files = [path for path, _, _ in planned]
    _check_earlier(files, description)
    for path, program, file_format in planned:
        _write_checked(path, program, file_format)
    write_text(description, json.dumps(_describe(built, programs), indent=2) + "\n")
    return files


def _check_earlier(files: Iterable[pathlib.Path], description: pathlib.Path) -> None:
    """Raises SettingsError where a file would be replaced that no export wrote."""
    strange = [path for path in files if path.exists() and not description.is_file()]
    if strange:
        raise SettingsError(
            f"{strange[0]} is there without {DESCRIPTION}, so that no whole export wrote it; give another --output, or "
            "move it away"
        )


def _write_checked(path: pathlib.Path, program: Any, file_format: Any) -> None:
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


def _describe(tracker: Any, programs: list[Any]) -> dict[str, Any]:
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
