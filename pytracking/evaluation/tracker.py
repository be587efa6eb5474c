"""Trackers by name: `Tracker('DMB', 'DMB_default_params')` finds the parameter file and builds the tracker."""

import importlib
import pkgutil

from libs.utils.errors import SettingsError


class Tracker:
    """A tracker, a parameter file and, for repeated runs, a run number.

    Args:
        name: folder in pytracking/tracker and in pytracking/parameter, such as 'DMB'.
        parameter_name: file in pytracking/parameter/<name>, without '.py'.
        run_id: number of the run, or None.

    Raises:
        SettingsError: when there is no such tracker or parameter file (the message lists those there are).
    """

    def __init__(self, name, parameter_name, run_id=None):
        self.name, self.parameter_name, self.run_id = name, parameter_name, run_id
        self._tracker_module = _import("pytracking.tracker", name)
        _import("pytracking.parameter", name)
        self._parameter_module = _import(f"pytracking.parameter.{name}", parameter_name)

    @property
    def results_name(self):
        """Folder of this tracker's results: `<tracker>/<parameters>[_NNN]`."""
        suffix = "" if self.run_id is None else f"_{self.run_id:03d}"
        return f"{self.name}/{self.parameter_name}{suffix}"

    def parameters(self, **overrides):
        """The parameter file's params, with single fields replaced: `parameters(device='cpu')`.

        Raises:
            SettingsError: for a field that does not exist.
        """
        params = self._parameter_module.parameters()
        for field, value in overrides.items():
            setattr(params, field, value)
        return params

    def create_tracker(self, **overrides):
        """Build the tracker, reading its weights once; it can then be initialised on many sequences."""
        return self._tracker_module.get_tracker_class()(self.parameters(**overrides))


def _import(package, name):
    available = sorted(module.name for module in pkgutil.iter_modules(importlib.import_module(package).__path__))
    if name not in available:
        folder = package.replace(".", "/")
        raise SettingsError(f"no '{name}' in {folder}; there is: {', '.join(available)}")
    return importlib.import_module(f"{package}.{name}")
