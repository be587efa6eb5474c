"""Trackers by name, by `module:Class` or as objects: `Tracker('DMB', 'DMB_default_params').create_tracker()`."""

import importlib
import pathlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any

from libs.utils.errors import SettingsError
from libs.utils.params import value_of
from libs.utils.references import find_object, is_reference, load_file
from pytracking.tracker.base.adapter import as_base_tracker, has_methods, no_tracker

DEFAULT = "DMB"
"""The tracker that commands run when none is named."""
PARAMETER_FILES = ("{}_default_params", "default")
"""Names of the parameter file that a tracker has when none is named, in the order in which they are looked for."""


class Tracker:
    """A tracker and what it is built from; it can be sent to another process, which then builds it there.

    Args:
        name: folder in pytracking/tracker, such as 'DMB', perhaps with a parameter file, 'opencv:csrt'; 'module:Class'
            of a class with `initialize` and `track`, as `BaseTracker` says them, or with `init` and `update`; or such a
            class or object itself.
        parameter_name: file in pytracking/parameter/<name>, without '.py', or the path of any file with a function
            `parameters()`. None: the tracker's default file if it has one; else the class is called without params.
        run_id: number of a repeated run, or None.
        display_name: for people; None: the name of the results.
        overrides: parameter -> value that replaces the file's.
        label: name of the results in place of the parameter file's.

    Raises:
        SettingsError: there is no such tracker, parameter file (the message lists those there are) or parameter.
    """

    def __init__(
        self,
        name: Any = DEFAULT,
        parameter_name: str | pathlib.Path | None = None,
        run_id: int | None = None,
        display_name: str | None = None,
        *,
        overrides: Mapping[str, Any] | None = None,
        label: str | None = None,
    ) -> None:
        name, parameter_name = _split(name, parameter_name)
        self._given = name
        self.name = name if isinstance(name, str) else _name_of(name)
        self.parameter_name = _default_parameters(name) if parameter_name is None else str(parameter_name)
        self.run_id, self.label = run_id, label
        self.overrides = dict(overrides or {})
        self.display_name = display_name or self.results_name
        self._find_class()
        self.parameters()

    @property
    def results_name(self) -> str:
        """Folder of this tracker's results: `<tracker>/<parameters>[_NNN]`."""
        parameters = pathlib.Path(self.parameter_name or "default").name.removesuffix(".py")
        suffix = "" if self.run_id is None else f"_{self.run_id:03d}"
        return f"{self.name.replace(':', '.')}/{self.label or parameters}{suffix}"

    def parameters(self, **overrides: Any) -> Any:
        """The parameter file's params, with single fields replaced: `parameters(device='cpu')`; None without a file.

        Raises:
            SettingsError: a field does not exist, or cannot have the value that it is set to.
        """
        changes = {**self.overrides, **overrides}
        make = self._find_parameters()
        if make is None:
            if changes:
                raise SettingsError(
                    f"tracker {self.name} has no parameters, so that {', '.join(changes)} cannot be set; give a "
                    "parameter file, whose parameters() its class is called with"
                )
            return None
        try:
            params = make()
        except SettingsError as error:
            raise SettingsError(f"parameter file {self.parameter_name}: {error}") from error
        for field, value in changes.items():
            setattr(params, field, value)
        return params

    def create_tracker(self, **overrides: Any) -> Any:
        """Build the tracker, reading its weights once; it can then be initialised on many sequences."""
        params = self.parameters(**overrides)
        found = self._find_class()
        if isinstance(found, type):
            found = found() if params is None else found(params)
        return as_base_tracker(found)

    def changed(self, overrides: Mapping[str, str]) -> "Tracker":
        """The same tracker with further parameters replaced by what a command line says of them, see `value_of`."""
        params = self.parameters()
        changed = self.overrides | {name: value_of(params, name, text) for name, text in overrides.items()}
        return Tracker(
            self._given, self.parameter_name, self.run_id, self.display_name, overrides=changed, label=self.label
        )

    def arguments(self) -> list[str]:
        """What names this tracker on a command line of this project.

        Raises:
            SettingsError: it was given as an object, which has no name.
        """
        if not isinstance(self._given, str):
            raise SettingsError(f"tracker {self.name} was given as an object; a command needs module:Class")
        parameters = self.parameter_name
        if parameters and _is_path(parameters):
            parameters = str(pathlib.Path(parameters).resolve())
        run = [] if self.run_id is None else ["--runid", str(self.run_id)]
        changes = [part for name, value in self.overrides.items() for part in ("--set", f"{name}={value!r}")]
        return [self.name, *([parameters] if parameters else []), *run, *changes]

    def _find_class(self) -> Any:
        """The tracker's class; the object itself where one was given."""
        found = self._given
        if isinstance(found, str):
            found = find_object(found, "tracker") if is_reference(found) else _package_class(found)
        if not (has_methods(found, "initialize", "track") or has_methods(found, "init", "update")):
            raise SettingsError(no_tracker(self.name))
        return found

    def _find_parameters(self) -> Callable[[], Any] | None:
        if self.parameter_name is None:
            return None
        if _is_path(self.parameter_name):
            module = load_file(self.parameter_name, "parameter file")
        elif isinstance(self._given, str) and not is_reference(self._given):
            _import("pytracking.parameter", self.name)
            module = _import(f"pytracking.parameter.{self.name}", self.parameter_name)
        else:
            raise SettingsError(f"parameter file {self.parameter_name} of {self.name}: give its path, such as mine.py")
        if not callable(getattr(module, "parameters", None)):
            raise SettingsError(f"parameter file {self.parameter_name} has no function parameters()")
        return module.parameters


def _name_of(tracker: object) -> str:
    """'module:Class' of a tracker that is given as a class or object."""
    kind = tracker if isinstance(tracker, type) else type(tracker)
    return f"{kind.__module__}:{kind.__qualname__}"


def _split(name: Any, parameter_name: str | pathlib.Path | None) -> tuple[Any, str | pathlib.Path | None]:
    """(tracker, parameter file or None); 'opencv:csrt' is a tracker of this package with its file."""
    folder, _, file = name.partition(":") if isinstance(name, str) else ("", "", "")
    if not file or folder not in _modules(importlib.import_module("pytracking.tracker").__path__):
        return name, parameter_name
    if parameter_name is not None:
        raise SettingsError(f"tracker {name} names its parameter file, and {parameter_name} is another; give one")
    return folder, file


def _is_path(parameters: str) -> bool:
    return parameters.endswith(".py") or "/" in parameters or "\\" in parameters


def _default_parameters(name: Any) -> str | None:
    """The parameter file of a tracker of this package when none is named; None for one that has none, or any other."""
    if not isinstance(name, str) or is_reference(name):
        return None
    _import("pytracking.tracker", name)
    if name not in _modules(importlib.import_module("pytracking.parameter").__path__):
        return None
    there = _modules(importlib.import_module(f"pytracking.parameter.{name}").__path__)
    chosen = [file.format(name) for file in PARAMETER_FILES if file.format(name) in there]
    if not chosen:
        raise SettingsError(f"name a parameter file for {name}; pytracking/parameter/{name} has {', '.join(there)}")
    return chosen[0]


def _package_class(name: str) -> Any:
    module = _import("pytracking.tracker", name)
    if not hasattr(module, "get_tracker_class"):
        raise SettingsError(f"pytracking/tracker/{name} has no get_tracker_class()")
    return module.get_tracker_class()


def _modules(path: Any) -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(path))


def _import(package: str, name: str) -> Any:
    available = _modules(importlib.import_module(package).__path__)
    if name not in available:
        folder = package.replace(".", "/")
        raise SettingsError(f"no '{name}' in {folder}; there is: {', '.join(available)}")
    return importlib.import_module(f"{package}.{name}")
