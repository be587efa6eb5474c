"""Writes and checks the programs of a tracker, and says in `tracker.json` how to call them."""

import importlib.metadata
import json
import math
import pathlib
from collections.abc import Iterable
from typing import Any

import torch

from libs.export.filter_programs import filter_programs
from libs.export.formats import FORMATS, OPSET, Format, largest_deviation
from libs.export.network_programs import network_programs
from libs.export.program import Program
from libs.media.files import whole_or_absent, write_text
from libs.models.strides import STRIDE
from libs.utils.errors import DMBError, SettingsError
from pytracking.evaluation.manifest import describe_checkpoint
from pytracking.evaluation.tracker import DEFAULT, Tracker
from pytracking.tracker.DMB.dmb import DMB
from pytracking.tracker.DMB.params import DMBParams

DESCRIPTION = "tracker.json"
FORMAT = 1
"""Of the description; a runtime reads one."""
ENDLESS = 1e30
"""Stands for infinity, which JSON does not know."""
HALF_TOLERANCE = 0.05
"""Allowed deviation of the network in fp16, which machines round at different places."""
FIXED = {
    "memory_policy": "paper",
    "proj_init_method": "pca",
    "filter_init_method": "zeros",
    "post_init_CG_iter": 0,
    "CG_forgetting_rate": None,
    "share_crop": False,
}
"""Parameters of which the programs, or the order in which they are called, know one value."""
FRAME = (
    "Names in quotes are programs, inputs and outputs; other names are parameters, of which those without a value "
    "are left out.",
    "start 1: the target is the box's centre, and its size over scale = sqrt(w*h) * search_crop.factor / "
    "search_crop.size.",
    "start 2: cut the search crop around the target, augment it, and give each to 'features'; give all of these to "
    "'filter_covariance'; the compressed_dim eigenvectors of its largest eigenvalues are the rows of 'projection', "
    "'filter' is zeros; call 'filter_start' init_GN_iter times. Remember 'samples' and centres with equal weights.",
    "start 3: cut the segmentation crop, 'encode' it, 'remember' it with the crop of the given mask. From a box, "
    "'segment' it then, keep what is over init_segm_mask_thr inside the dilated box, and 'remember' that instead.",
    "frame 1: cut the search crop around the last position; 'features', 'filter_score'. Below tracking_uncertainty_thr "
    "the target moves to the peak.",
    "frame 2: up to uncertainty_segment_thr, cut the segmentation crop there, 'encode' and 'segment' it. The largest "
    "part over segm_mask_thr (from a mask: mask_init_segm_mask_thr) gives mask and rectangle.",
    "frame 3: the mask is believed where the filter agrees (mask_agreement, mask_area_ratio); the target's scale and "
    "position follow it then. The score is the logistic function of score_weights times (1, peak, mean probability of "
    "the mask, agreement, 'likeness'); below lost_score for lost_after frames the target is lost.",
    "frame 4: where the filter is certain, replace the remembered sample of least weight by 'sample', and every "
    "train_skipping frames (at once after a hard negative) call 'filter_update'.",
    "frame 5: a mask that is believed is 'remember'ed ('memory_mask') in the slot of the last frame; every "
    "memory_interval frames it is kept, and the oldest kept one makes room.",
    "lost: every redetection_interval frames give a crop of the whole frame to 'features' and 'filter_search'.",
)


def export_tracker(
    tracker: Tracker, output: str | pathlib.Path, formats: Iterable[str], precision: str = "fp32"
) -> list[pathlib.Path]:
    """Export the DMB tracker, from the CPU.

    Args:
        tracker: DMB, with the parameters and weights that are wanted.
        output: folder to write to, made if absent; the programs of an earlier export there are replaced.
        formats: names in `FORMATS`.
        precision: that the network computes in, fp32 or fp16; inputs, outputs and the filter are float32 in both.

    Returns:
        The programs' paths. Each one's largest deviation is printed.

    Raises:
        SettingsError: another tracker, a parameter that exported trackers do not have, a format whose packages are not
            installed, or files of the programs' names that no export wrote.
        CheckpointError: the weights cannot be used.
        DMBError: a program, read back, deviates from the tracker's modules by more than its tolerance; its file is not
            written.
    """
    for name in formats:
        FORMATS[name].check()
    if tracker.name != DEFAULT:
        raise SettingsError(f"tracker {tracker.name} cannot be exported: only DMB's networks are made into programs")
    built = tracker.create_tracker(device="cpu", precision=precision)
    assert isinstance(built, DMB)
    _check_exportable(built.params)
    programs = _programs_of(built)
    description = pathlib.Path(output) / DESCRIPTION
    planned = [
        (description.with_name(f"{program.name}{FORMATS[name].suffix}"), program, FORMATS[name])
        for name in formats
        for program in programs
    ]
    files = [path for path, _, _ in planned]
    _check_earlier(files, description)
    for path, program, file_format in planned:
        _write_checked(path, program, file_format, HALF_TOLERANCE if precision == "fp16" else 0.0)
    suffix = FORMATS[next(iter(formats))].suffix
    write_text(description, json.dumps(_describe(built, programs, suffix), indent=2, allow_nan=False) + "\n")
    return files


def _check_exportable(params: DMBParams) -> None:
    for name, value in {**FIXED, "hard_negative_CG_iter": params.CG_iter}.items():
        if getattr(params, name) != value:
            raise SettingsError(
                f"parameter '{name}' is {getattr(params, name)!r}, but exported trackers have {value!r}; "
                f"give --set {name}={value}"
            )


@torch.no_grad()
def _programs_of(built: DMB) -> list[Program]:
    params, network = built.params, built.network.requires_grad_(False)
    memory = params.segm_use_dist, params.memory_capacity
    search = params.redetection_interval is not None
    return [
        *network_programs(network, built.segmenter.crop_size, *memory),
        *filter_programs(network, built.spatial.params, search),
    ]


def _check_earlier(files: Iterable[pathlib.Path], description: pathlib.Path) -> None:
    """Raises SettingsError where a file would be replaced that no export wrote."""
    strange = [path for path in files if path.exists() and not description.is_file()]
    if strange:
        raise SettingsError(
            f"{strange[0]} is there without {DESCRIPTION}, so that no whole export wrote it; give another --output, or "
            "move it away"
        )


def _write_checked(path: pathlib.Path, program: Program, file_format: Format, least_tolerance: float) -> None:
    tolerance = max(program.tolerance, least_tolerance)
    with whole_or_absent(path) as draft:
        file_format.write(program, str(draft))
        deviation = largest_deviation(program, file_format.read(str(draft)))
        # Written so that not-a-number fails too.
        if not deviation <= tolerance:
            raise DMBError(
                f"{path.name}, read back, deviates by {deviation:.1e} from the tracker (allowed: {tolerance:.0e}) and "
                f"is not written; try another version of torch (here: {torch.__version__}) or the other format"
            )
    print(f"{path}: largest deviation {deviation:.1e}")


def _describe(tracker: DMB, programs: list[Program], suffix: str) -> dict[str, Any]:
    """What one who calls the programs needs to know, as plain data."""
    params, spatial = tracker.params, tracker.spatial.params
    return {
        "format": FORMAT,
        "tracker": "DMB",
        "checkpoint": describe_checkpoint(params.pth_path),
        "versions": {
            "dmb-tracker": importlib.metadata.version("dmb-tracker"),
            "torch": torch.__version__,
            "opset": OPSET,
        },
        "precision": params.precision,
        "order": FRAME,
        "stride": STRIDE,
        "segmentation_crop": {"size": tracker.segmenter.crop_size, "factor": tracker.crop_factor},
        "search_crop": {"size": spatial.sample_size, "factor": spatial.search_area_scale},
        "parameters": {name: _plain(value) for name, value in params.as_dict().items() if value is not None},
        "programs": {
            program.name: {
                "file": f"{program.name}{suffix}",
                "inputs": {
                    name: {"shape": shape, "type": str(program.examples[0][name].dtype).removeprefix("torch.")}
                    for name, shape in program.input_shapes().items()
                },
                "outputs": program.outputs,
            }
            for program in programs
        },
    }


def _plain(value: object) -> object:
    return ENDLESS if value == math.inf else value
