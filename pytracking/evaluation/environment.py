"""Where datasets, networks and results of the tracking side are on this machine."""

import pathlib

from libs.dataset.entry import TRACK
from libs.dataset.registry import datasets_for
from libs.utils.local_settings import LocalPaths, path_settings

PACKAGE = pathlib.Path(__file__).resolve().parents[1]

EnvironmentSettings = path_settings(
    "EnvironmentSettings",
    __name__,
    {each.setting: each.holds for each in datasets_for(TRACK) if each.holds}
    | {
        "results": "results of all runs; empty: the folder 'results' where the script is started",
        "networks": "more checkpoints, found by name; empty: pytracking/networks",
    },
)
PATHS = LocalPaths("pytracking.evaluation.local", EnvironmentSettings)


def results_path(argument: pathlib.Path | str | None = None) -> pathlib.Path:
    """Folder below which all results are written."""
    return PATHS.find("results", argument, default="results")


def network_path(checkpoint: pathlib.Path | str) -> pathlib.Path:
    """File of a checkpoint: the given path if it exists, else that name in the networks folder, else a bundled one."""
    checkpoint = pathlib.Path(checkpoint).expanduser()
    bundled = PACKAGE / "networks" / checkpoint
    named = PATHS.find("networks", default=bundled.parent) / checkpoint
    return next((path for path in (checkpoint, named, bundled) if path.exists()), named)


if __name__ == "__main__":
    # By its full name, because the file that is written imports from there.
    from pytracking.evaluation import environment

    print(f"paths on this machine: {environment.PATHS.write()} (yours to edit)")
