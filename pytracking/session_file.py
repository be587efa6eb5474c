"""Sessions on disk: tensors, numbers and strings only; the network by its hash, not by its weights."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from libs.models.tensor_file import read_tensor_file, write_tensor_file
from libs.utils.errors import CheckpointError, SettingsError
from libs.utils.masks import unpack_mask
from libs.utils.references import is_reference
from libs.utils.state import State
from pytracking.evaluation.manifest import describe_tracker, tracker_differences
from pytracking.tracker.base.basetracker import BaseTracker, SegmentationTracker
from pytracking.tracker.base.result import Result

FORMAT = "DMB session"
VERSION = 1
"""Of the files; it grows when what they hold changes."""
MADE_WITH = ("tracker", "parameters", "checkpoint")
"""What a session file says of the tracker; see `describe_tracker`."""
FIELDS = {"version", "made_with", "weights", "max_objects", "index", "highest", "image", "objects"}
CODE = ("backbone", "memory_policy")
"""Parameters that can name code to import."""


def write_session(path: str | os.PathLike, tracker: BaseTracker, state: Mapping[str, Any]) -> None:
    """Write the state of a session with what its tracker was made with.

    Args:
        path: of the file. tracker: whose networks all objects share.
        state: see `Session.save`.

    Raises:
        SettingsError: the tracker cannot be saved. DataError: the file cannot be written.
    """
    image = state["image"]
    state = {**state, "image": None if image is None else torch.from_numpy(image)}
    described = describe_tracker(tracker)
    made_with = {name: described[name] for name in MADE_WITH}
    weights = getattr(tracker.params, "pth_path", None)
    write_tensor_file(path, {"format": FORMAT, "version": VERSION, "made_with": made_with, "weights": weights, **state})


def read_session(path: str | os.PathLike) -> dict[str, Any]:
    """What a session file holds.

    Raises:
        CheckpointError: it cannot be read, is no session, or one of a later version.
    """
    content = read_tensor_file(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} is no session; give a file that Session.save wrote")
    version = content.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise CheckpointError(
            f"{path} is a session of version {version!r}; this program reads those up to {VERSION}, so update it"
        )
    missing = sorted(FIELDS - content.keys())
    if missing:
        raise CheckpointError(f"{path}: the session lacks {', '.join(missing)}; save it again")
    return content


def tracker_for(path: str | os.PathLike, content: Mapping[str, Any], tracker: BaseTracker | None) -> BaseTracker:
    """The tracker to continue with: the one that is given or, without one, DMB as it was.

    Args:
        path: of the session, for messages. content: of it.
        tracker: built, or None.

    Raises:
        CheckpointError: the session was made with other weights, parameters or another tracker.
    """
    made_with = content["made_with"]
    tracker = _build(path, content) if tracker is None else tracker
    reasons = tracker_differences(made_with, describe_tracker(tracker))
    if reasons:
        raise CheckpointError(f"{path} was made otherwise ({'; '.join(reasons)}); load it with the tracker of then")
    if not isinstance(tracker, SegmentationTracker):
        raise SettingsError(f"{type(tracker).__name__} cannot be saved and loaded: it is no SegmentationTracker")
    return tracker


def _build(path: str | os.PathLike, content: Mapping[str, Any]) -> BaseTracker:
    # Late, because a tracker of one's own needs none of it.
    from pytracking.tracker.DMB.dmb import DMB
    from pytracking.tracker.DMB.params import DMBParams

    parameters = content["made_with"]["parameters"]
    named = [name for name in CODE if is_reference(str(parameters.get(name, "")))]
    if content["made_with"]["tracker"] != DMB.__name__ or named:
        raise SettingsError(f"{path} was made with code of one's own; give the tracker: Session.load(path, tracker)")
    return DMB(DMBParams(**parameters, pth_path=content["weights"]))


def result_to_dict(result: Result) -> dict[str, Any]:
    """A Result as tensors, numbers and strings; without its debug picture."""
    return {
        "box": result.box.tolist(),
        "polygon": result.polygon.tolist(),
        "mask": None if result.mask is None else torch.from_numpy(np.packbits(result.mask)),
        "shape": None if result.mask is None else list(result.mask.shape),
        "score": result.score,
        "state": result.state.value,
        "seconds": result.seconds,
    }


def result_from_dict(entry: Mapping[str, Any]) -> Result:
    """The Result of which `result_to_dict` told."""
    mask = None if entry["mask"] is None else unpack_mask(entry["mask"].numpy(), entry["shape"])
    box, polygon = np.array(entry["box"]), np.array(entry["polygon"])
    return Result(box, polygon, mask, entry["score"], State(entry["state"]), entry["seconds"])
