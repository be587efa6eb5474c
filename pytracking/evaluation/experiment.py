"""Experiments: functions of pytracking/experiments that return (trackers, dataset)."""

import importlib
import pkgutil

from libs.utils.errors import SettingsError
from pytracking import experiments
from pytracking.evaluation.tracker import Tracker


def trackerlist(name, parameter_name, run_ids=None):
    """`Tracker`s of one name and parameter file: one, or one for each of `run_ids`."""
    return [Tracker(name, parameter_name, run_id) for run_id in ([None] if run_ids is None else run_ids)]


def load_experiment(module, function):
    """The function `function` of the file `pytracking/experiments/<module>.py`.

    Raises:
        SettingsError: there is no such file or function (the message lists those there are).
    """
    available = sorted(found.name for found in pkgutil.iter_modules(experiments.__path__))
    if module not in available:
        raise SettingsError(f"no '{module}' in pytracking/experiments; there is: {', '.join(available)}")
    loaded = importlib.import_module(f"{experiments.__name__}.{module}")
    own = {
        name: value
        for name, value in vars(loaded).items()
        if callable(value) and getattr(value, "__module__", None) == loaded.__name__ and not name.startswith("_")
    }
    if function not in own:
        raise SettingsError(
            f"pytracking/experiments/{module}.py has no function '{function}'; it has: {', '.join(own) or 'none'}"
        )
    return own[function]
