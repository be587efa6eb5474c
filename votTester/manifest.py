"""What a folder of raw results was made with, and whether new results may join it."""

import hashlib
import importlib.metadata
import json
import pathlib
import platform

import numpy as np

from libs.media.files import read_json, write_text
from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.environment import network_path
from votTester.results import EXPERIMENT, find_results, remove_result

FILE = "manifest.json"
PACKAGES = ("dmb-tracker", "torch", "torchvision", "numpy", "opencv-python", "vot-toolkit")
FIELDS = {
    "tracker": str,
    "parameters": dict,
    "checkpoint": (dict, type(None)),
    "dataset": str,
    "sequences": dict,
    "seed": int,
    "device": str,
    "versions": dict,
}
CHECKPOINT_FIELDS = {"file": str, "sha256": str}
# Where the computation runs and where the weights lie; the device and the weights' hash are recorded on their own.
PLACES = ("device", "pth_path")


def describe_run(tracker, dataset, seed):
    """The manifest of a run.

    Args:
        tracker: built; its `params.as_dict()` and `device` are recorded if it has them.
        dataset: votTester.datasets.Dataset with images.
        seed: of the random numbers.

    Returns:
        dict that survives JSON unchanged.
    """
    as_dict = getattr(getattr(tracker, "params", None), "as_dict", dict)
    parameters = as_dict()
    manifest = {
        "tracker": type(tracker).__name__,
        "parameters": {name: value for name, value in parameters.items() if name not in PLACES},
        "checkpoint": _describe_checkpoint(parameters.get("pth_path")),
        "dataset": dataset.name,
        "sequences": {sequence.name: fingerprint(sequence) for sequence in dataset.sequences},
        "seed": seed,
        "device": str(getattr(tracker, "device", "cpu")),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
    }
    return json.loads(json.dumps(manifest, default=str))


def fingerprint(sequence):
    """Hash of a sequence's length, ground truth and first image: enough to tell other data under the same name."""
    digest = hashlib.sha256(f"{len(sequence)} {sequence.image_size}".encode())
    digest.update(np.round(np.asarray(sequence.polygons, dtype=np.float64), 4).tobytes())
    digest.update(np.ascontiguousarray(sequence.frame(0)).tobytes())
    return digest.hexdigest()[:16]


def differences(old, new):
    """What makes results under the manifest `old` others than those of `new`: a list of phrases, empty if nothing."""
    found = []
    for name in sorted(old["parameters"].keys() | new["parameters"].keys()):
        found += _difference(f"parameter {name}", old["parameters"].get(name), new["parameters"].get(name))
    for field in ("tracker", "dataset", "seed"):
        found += _difference(field, old[field], new[field])
    # By the hash alone: a renamed copy is the same checkpoint.
    if (old["checkpoint"] or {}).get("sha256") != (new["checkpoint"] or {}).get("sha256"):
        found += _difference("checkpoint", *(_name_checkpoint(manifest["checkpoint"]) for manifest in (old, new)))
    for name in old["sequences"].keys() & new["sequences"].keys():
        found += _difference(f"images or ground truth of {name}", old["sequences"][name], new["sequences"][name])
    return found


def notices(old, new):
    """Differences that change results by rounding at most: the device and the versions of libraries."""
    found = _difference("device", old["device"], new["device"])
    for name in sorted(old["versions"].keys() | new["versions"].keys()):
        found += _difference(name, old["versions"].get(name), new["versions"].get(name))
    return found


def claim_folder(folder, manifest, names, force):
    """Make sure that the raw results in a folder were made as the coming run will be, and write its manifest there.

    Args:
        folder: of the results; made if absent.
        manifest: of the coming run.
        names: the sequences it will run.
        force: delete the results of these sequences, and all of them if they were made otherwise.

    Raises:
        SettingsError: they were made otherwise and `force` is not set; the message names the differences.
    """
    old = None if force else read_manifest(folder)
    existing = {path.parent.name for path in (folder / EXPERIMENT).glob("*/*.txt")}
    if force:
        _delete_results(folder, names if _same(folder, manifest) else existing)
    elif old is None and existing:
        _refuse(folder, [f"it has no {FILE}"])
    elif old is not None:
        _refuse(folder, differences(old, manifest))
        for notice in notices(old, manifest):
            print(f"note: earlier results were made with another {notice}")
    if _same(folder, manifest):
        manifest = {**manifest, "sequences": {**read_manifest(folder)["sequences"], **manifest["sequences"]}}
    write_manifest(folder, manifest)


def read_manifest(folder):
    """The manifest in a results folder, or None where there is none.

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
    _check_fields(manifest, FIELDS, path)
    if manifest["checkpoint"] is not None:
        _check_fields(manifest["checkpoint"], CHECKPOINT_FIELDS, f"{path}, checkpoint")
    return manifest


def _check_fields(content, fields, origin):
    """Raises DataError unless the content is a dict whose fields are there and of their types."""
    if not isinstance(content, dict):
        raise DataError(f"{origin} holds {type(content).__name__}, not fields; run with --force or another --name")
    missing = sorted(fields.keys() - content.keys())
    if missing:
        raise DataError(f"{origin} lacks {', '.join(missing)}; run with --force or another --name")
    wrong = [name for name, kinds in fields.items() if not isinstance(content[name], kinds)]
    if wrong:
        raise DataError(f"{origin}: {wrong[0]} is {content[wrong[0]]!r:.60}; run with --force or another --name")


def write_manifest(folder, manifest):
    """Write the manifest into a results folder."""
    write_text(pathlib.Path(folder) / FILE, json.dumps(manifest, indent=1) + "\n")


def _same(folder, manifest):
    """Whether the folder's manifest is readable and tells of no difference."""
    try:
        old = read_manifest(folder)
    except DataError:
        return False
    return old is not None and not differences(old, manifest)


def _refuse(folder, reasons):
    if reasons:
        raise SettingsError(
            f"the results in {folder} were made otherwise: {'; '.join(reasons)}. Give another --name, or --force to "
            "throw them away"
        )


def _delete_results(folder, names):
    for name in names:
        for path in find_results(folder, name):
            remove_result(path)


def _difference(what, old, new):
    if old == new:
        return []
    phrase = f"{what}: {_short(old)} there, {_short(new)} now"
    # The file may be a stranger's: no terminal codes, and nothing that cannot be printed.
    return [phrase if phrase.isprintable() else ascii(phrase)]


def _short(value):
    return "nothing" if value is None else str(value)


def _describe_checkpoint(checkpoint):
    """File name and hash of a checkpoint; None for a tracker without one."""
    if not checkpoint:
        return None
    path = network_path(checkpoint)
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _name_checkpoint(checkpoint):
    return checkpoint and f"{checkpoint['file']} (sha256 {checkpoint['sha256'][:12]})"


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
