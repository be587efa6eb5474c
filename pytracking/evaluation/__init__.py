"""Running trackers; experiment files write `from pytracking.evaluation import Tracker, get_dataset, trackerlist`."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytracking.evaluation.datasets import get_dataset
    from pytracking.evaluation.experiment import trackerlist
    from pytracking.evaluation.tracker import Tracker

# Imported when they are asked for, because they take seconds, which a command's --help should not.
_MODULES = {"Tracker": "tracker", "trackerlist": "experiment", "get_dataset": "datasets"}
__all__ = ["Tracker", "get_dataset", "trackerlist"]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
