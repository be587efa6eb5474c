"""How results were made, for readers of a report: what their manifest says."""

import dataclasses
import pathlib

from pytracking.evaluation.manifest import read_manifest


@dataclasses.dataclass(frozen=True)
class Making:
    """How one tracker's results were made.

    Attributes:
        label: of the results.
        facts: (name, value) of date, weights, machine and so on; empty where nothing is on record.
        parameters: (name, value) of the tracker, by name.
    """

    label: str
    facts: list[tuple[str, str]]
    parameters: list[tuple[str, str]]


def describe_making(label: str, folder: pathlib.Path) -> Making:
    """What the manifest in a folder of results says; nothing where there is none.

    Raises:
        DataError: the manifest cannot be read.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        return Making(label, [], [])
    weights = manifest["checkpoint"]
    versions = [f"{name} {version}" for name, version in manifest["versions"].items() if version]
    facts = {
        # Manifests of earlier versions have neither date nor machine.
        "date": manifest.get("date"),
        "tracker": manifest["tracker"],
        "weights": weights and f"{weights['file']} (sha256 {weights['sha256'][:12]})",
        "device": manifest["device"],
        "machine": manifest.get("machine"),
        "versions": ", ".join(versions),
        "seed": str(manifest["seed"]),
    }
    parameters = [(name, str(value)) for name, value in sorted(manifest["parameters"].items())]
    return Making(label, [(name, value) for name, value in facts.items() if value], parameters)
