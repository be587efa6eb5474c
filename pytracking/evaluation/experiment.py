"""Experiments: functions in pytracking/experiments, or in any file, that return (trackers, dataset)."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, cast

from libs.dataset.sequence import Sequence
from libs.utils.errors import SettingsError
from libs.utils.references import load_file
from pytracking import experiments
from pytracking.evaluation.tracker import Tracker

Experiment = tuple[list[Tracker], list[Sequence]]
"""The trackers to run, and the sequences to run them on."""


def trackerlist(
    name: Any,
    parameter_name: str | None = None,
    run_ids: int | Iterable[int] | None = None,
    display_name: str | None = None,
) -> list[Tracker]:
    """`Tracker`s with one name and parameter file: a single one, or one for each number in `run_ids`."""
    numbers = [run_ids] if run_ids is None or isinstance(run_ids, int) else run_ids
    return [Tracker(name, parameter_name, number, display_name) for number in numbers]


def load_experiment(module: str, function: str) -> Callable[[], Experiment]:
    """The function `function` in the file `pytracking/experiments/<module>.py`, or in the file at a path.

    Raises:
        SettingsError: there is no such file or function (the message lists the existing ones).
    """
    loaded = load_file(module, "experiment") if module.endswith(".py") else _import_experiment(module)
    own = {
        name: value
        for name, value in vars(loaded).items()
        if callable(value) and getattr(value, "__module__", None) == loaded.__name__ and not name.startswith("_")
    }
    if function not in own:
        raise SettingsError(f"{loaded.__file__} has no function '{function}'; it has: {', '.join(own) or 'none'}")
    return cast(Callable[[], Experiment], own[function])


def _import_experiment(name: str) -> ModuleType:
    available = sorted(found.name for found in pkgutil.iter_modules(experiments.__path__))
    if name not in available:
        raise SettingsError(
            f"no '{name}' in pytracking/experiments; there is: {', '.join(available)}; or give the path of a file"
        )
    return importlib.import_module(f"{experiments.__name__}.{name}")


def change_all(trackers: Iterable[Tracker], overrides: Mapping[str, str]) -> list[Tracker]:
    """The trackers with parameters overridden from a command line; each applies to the trackers that have it.

    Raises:
        SettingsError: no tracker has one of the parameters, or a value cannot be used.
    """
    trackers = list(trackers)
    own = [{name: text for name, text in overrides.items() if _has(tracker, name)} for tracker in trackers]
    for name in overrides.keys() - {name for changes in own for name in changes}:
        raise SettingsError(f"no tracker of this experiment has a parameter {name!r}")
    return [tracker.changed(changes) if changes else tracker for tracker, changes in zip(trackers, own, strict=True)]


def _has(tracker: Tracker, parameter: str) -> bool:
    return hasattr(tracker.parameters(), parameter)
