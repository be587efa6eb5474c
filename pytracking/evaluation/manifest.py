"""How results were made, in `manifest.json` in their folder, and which differences change the results."""

import datetime
import hashlib
import importlib.metadata
import json
import pathlib
import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from libs.dataset.sequence import Sequence
from libs.media.files import read_json, write_text
from libs.utils.errors import DataError
from libs.utils.machine import describe_machine
from pytracking.evaluation.environment import network_path
from pytracking.tracker.base.adapter import InitUpdateTracker

if TYPE_CHECKING:
    from pytracking.evaluation.protocol import Protocol

FILE = "manifest.json"
PACKAGES = ("dmb-tracker", "torch", "torchvision", "numpy", "opencv-python", "vot-toolkit")
FIELDS = {
    "tracker": str,
    "parameters": dict,
    "checkpoint": (dict, type(None)),
    "dataset": (str, type(None)),
    "sequences": dict,
    "seed": int,
    "device": str,
    "versions": dict,
}
CHECKPOINT_FIELDS = {"file": str, "sha256": str}
# Where the computation runs and where the weights are; the device and the weights' hash are recorded separately.
PLACES = ("device", "pth_path")
# Parameters of earlier versions with only one legal value, which therefore do not affect the results.
FORMER = ("min_image_sample_size", "scale_factors", "segm_feature_sz", "vot_anno_conversion_type")

Manifest = dict[str, Any]


def describe_run(
    tracker: object, dataset: str | None, sequences: list[Sequence], seed: int, protocol: "Protocol"
) -> Manifest:
    """The manifest of a run.

    Args:
        tracker: built; see `describe_tracker`.
        dataset: name of the dataset or datasets, None if there is none.
        sequences: the ones that are run.
        seed: of the random numbers.
        protocol: with which they are run.

    Returns:
        dict that survives JSON unchanged.
    """
    return {
        **describe_tracker(tracker),
        "protocol": protocol.runs_as,
        "dataset": dataset,
        "sequences": {sequence.name: fingerprint(sequence) for sequence in sequences},
        "first_pixel": {sequence.name: protocol.first_pixel(sequence) for sequence in sequences},
        "seed": seed,
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": describe_machine(),
    }


def describe_tracker(tracker: object) -> Manifest:
    """The manifest's entries for the tracker, its device and the versions of packages.

    Args:
        tracker: built; its `params.as_dict()` and `device` are recorded if it has them.

    Returns:
        dict that survives JSON unchanged.
    """
    parameters = getattr(getattr(tracker, "params", None), "as_dict", dict)()
    own = tracker.tracker if isinstance(tracker, InitUpdateTracker) else tracker
    manifest = {
        "tracker": type(own).__name__,
        "parameters": {name: value for name, value in parameters.items() if name not in PLACES},
        "checkpoint": describe_checkpoint(parameters.get("pth_path")),
        "device": str(getattr(tracker, "device", "cpu")),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
    }
    return json.loads(json.dumps(manifest, default=str))


def fingerprint(sequence: Sequence) -> str:
    """Hash of a sequence's length, ground truth and first image: enough to notice other data with the same name."""
    digest = hashlib.sha256(f"{len(sequence)} {sequence.image_size}".encode())
    digest.update(np.round(np.asarray(sequence.polygons, dtype=np.float64), 4).tobytes())
    digest.update(np.ascontiguousarray(sequence.frame(0)).tobytes())
    return digest.hexdigest()[:16]


def identity(manifest: Manifest) -> dict[str, Any]:
    """The entries of a manifest that affect the results; the machine and the versions of packages do not."""
    # Manifests of earlier versions have no protocol: there was one for each folder.
    run = {field: manifest.get(field) for field in ("seed", "protocol", "sequences")}
    return {**_tracker_identity(manifest), **run}


def differences(old: Manifest, new: Manifest) -> list[str]:
    """Phrases that say why results with the manifest `old` differ from those with `new`; empty if they do not."""
    there, now = identity(old), identity(new)
    found = tracker_differences(old, new) + _difference("seed", there["seed"], now["seed"])
    found += _difference("protocol", there["protocol"] or now["protocol"], now["protocol"])
    for name in there["sequences"].keys() & now["sequences"].keys():
        found += _difference(f"images or ground truth of {name}", there["sequences"][name], now["sequences"][name])
    return found + _recounted(old, new)


def tracker_differences(old: Manifest, new: Manifest) -> list[str]:
    """Phrases for differences in the tracker, its parameters and its weights; see `describe_tracker`."""
    there, now = _tracker_identity(old), _tracker_identity(new)
    found = []
    for name in sorted(there["parameters"].keys() | now["parameters"].keys()):
        found += _difference(f"parameter {name}", there["parameters"].get(name), now["parameters"].get(name))
    found += _difference("tracker", there["tracker"], now["tracker"])
    if there["checkpoint"] != now["checkpoint"]:
        found += _difference("checkpoint", *(_name_checkpoint(manifest["checkpoint"]) for manifest in (old, new)))
    return found


def _tracker_identity(manifest: Manifest) -> dict[str, Any]:
    return {
        "tracker": manifest["tracker"],
        "parameters": {name: value for name, value in manifest["parameters"].items() if name not in FORMER},
        # Only the hash counts: a renamed copy is the same checkpoint.
        "checkpoint": (manifest["checkpoint"] or {}).get("sha256"),
    }


def recorded_first_pixel(manifest: Manifest, sequence: str) -> int | None:
    """Coordinate of the image's corner in the files of a sequence's results, 0 or 1; None if it is not recorded.

    Versions that did not record it wrote all boxes 0-based.
    """
    return manifest.get("first_pixel", {}).get(sequence)


def notices(old: Manifest, new: Manifest) -> list[str]:
    """Differences that change results at most by rounding: the device and the versions of libraries."""
    found = _difference("device", old["device"], new["device"])
    for name in sorted(old["versions"].keys() | new["versions"].keys()):
        found += _difference(name, old["versions"].get(name), new["versions"].get(name))
    return found


def join(old: Manifest, new: Manifest) -> Manifest:
    """The manifest of a folder to which a run adds sequences, possibly from another dataset."""
    names = dict.fromkeys(name for manifest in (old, new) for name in (manifest["dataset"] or "").split(", ") if name)
    sequences, first_pixel = ({**old.get(field, {}), **new.get(field, {})} for field in ("sequences", "first_pixel"))
    return {**new, "dataset": ", ".join(names) or None, "sequences": sequences, "first_pixel": first_pixel}


def read_manifest(folder: str | pathlib.Path) -> Manifest | None:
    """The manifest in a results folder, or None if there is none.

    Raises:
        DataError: it cannot be read.
    """
    path = pathlib.Path(folder) / FILE
    if not path.is_file():
        return None
    try:
        manifest = read_json(path)
    except DataError as error:
        raise DataError(f"{error}; run with --force or another --name") from error
    _check_fields(manifest, FIELDS, str(path))
    if manifest["checkpoint"] is not None:
        _check_fields(manifest["checkpoint"], CHECKPOINT_FIELDS, f"{path}, checkpoint")
    _check_fields({"first_pixel": {}, **manifest}, {"first_pixel": dict}, str(path))
    for name in manifest.get("first_pixel", {}):
        if recorded_first_pixel(manifest, name) not in (0, 1):
            raise DataError(f"{path}: first_pixel of {name!r:.60} is not 0 or 1; run with --force or another --name")
    return manifest


def write_manifest(folder: str | pathlib.Path, manifest: Manifest) -> None:
    """Write the manifest into a results folder."""
    write_text(pathlib.Path(folder) / FILE, json.dumps(manifest, indent=1) + "\n")


def _check_fields(content: object, fields: Mapping[str, Any], origin: str) -> None:
    """Raises DataError unless the content is a dict in which all fields exist and have their types."""
    if not isinstance(content, dict):
        raise DataError(f"{origin} holds {type(content).__name__}, not fields; run with --force or another --name")
    missing = sorted(fields.keys() - content.keys())
    if missing:
        raise DataError(f"{origin} lacks {', '.join(missing)}; run with --force or another --name")
    wrong = [name for name, kinds in fields.items() if not isinstance(content[name], kinds)]
    if wrong:
        raise DataError(f"{origin}: {wrong[0]} is {content[wrong[0]]!r:.60}; run with --force or another --name")


def _recounted(old: Manifest, new: Manifest) -> list[str]:
    """One phrase for the sequences whose files count pixels from another number."""
    names = sorted(old["sequences"].keys() & new["sequences"].keys())
    counts = {name: [recorded_first_pixel(manifest, name) or 0 for manifest in (old, new)] for name in names}
    others = [name for name, (there, now) in counts.items() if there != now]
    if not others:
        return []
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    return _difference(f"number of the first pixel in the boxes of {others[0]}{more}", *counts[others[0]])


def _difference(what: str, old: object, new: object) -> list[str]:
    if old == new:
        return []
    phrase = f"{what}: {_short(old)} there, {_short(new)} now"
    # The file may come from a stranger: no terminal codes, and nothing unprintable.
    return [phrase if phrase.isprintable() else ascii(phrase)]


def _short(value: object) -> str:
    return "nothing" if value is None else str(value)


def describe_checkpoint(checkpoint: str | None) -> dict[str, str] | None:
    """File name and hash of a checkpoint; None for a tracker without one."""
    if not checkpoint:
        return None
    path = network_path(checkpoint)
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _name_checkpoint(checkpoint: dict[str, str] | None) -> str | None:
    return f"{checkpoint['file']} (sha256 {checkpoint['sha256'][:12]})" if checkpoint else None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
