"""The state of a session as plain data for the page."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from libs.media.coco_masks import encode_mask
from libs.media.palette import bright_colour
from pytracking.tracker.base.packed_result import PackedResult
from pytracking.web.records import Records
from pytracking.web.turns import Turns
from pytracking.web.visits import Visit
from pytracking.web.workspace import Workspace


def describe_visit(visit: Visit, turns: Turns) -> dict[str, Any]:
    """Everything except the frames: the video, the objects, the run."""
    workspace = visit.workspace
    if workspace is None:
        return {"video": None, "objects": [], "run": None, "busy": visit.busy}
    records, run = workspace.records, workspace.run
    width, height = workspace.video.size
    source = workspace.video.source
    return {
        "video": {
            "name": source.name,
            "width": width,
            "height": height,
            "length": len(workspace.video.frames),
            "rate": source.frames_per_second,
            "key": workspace.key,
        },
        "objects": [
            {"number": number, "name": name, "colour": bright_colour(number)}
            for number, name in sorted(records.names.items())
        ],
        "run": None if run is None else {**run.describe(turns.place(run)), "others": max(0, turns.running - 1)},
        "undo": records.can_undo,
        "memories": workspace.moving.debug,
        "busy": visit.busy,
    }


def describe_rows(records: Records, frames: Iterable[int]) -> dict[int, dict[int, list[Any]]]:
    """For each frame and object: score, first letter of the state, whether it was drawn, and how much it changed."""
    described = {}
    for index in frames:
        row = records.rows.get(index, {})
        described[index] = {
            number: [
                None if cell.packed.result.score is None else round(cell.packed.result.score, 3),
                cell.packed.result.state.value[0],
                int(cell.shown),
                round(cell.change, 3),
            ]
            for number, cell in row.items()
        }
    return described


def describe_frame(workspace: Workspace, index: int) -> dict[int, dict[str, Any]]:
    """The place of each object in a frame, and its place before the last change."""
    row = workspace.records.rows.get(index, {})
    return {
        number: {
            "mask": _runs(cell.packed),
            "before": None if cell.before is None else _runs(cell.before),
            "polygon": _numbers(cell.packed.result.polygon),
            "score": cell.packed.result.score,
            "state": cell.packed.result.state.value,
        }
        for number, cell in sorted(row.items())
    }


def _runs(packed: PackedResult) -> str | None:
    """COCO's compressed run lengths of a mask."""
    mask = packed.mask
    return None if mask is None or not mask.any() else encode_mask(mask)["counts"]


def _numbers(polygon: np.ndarray) -> list[float] | None:
    return [round(float(number), 2) for number in polygon.ravel()] if np.isfinite(polygon).all() else None
