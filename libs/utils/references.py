"""Objects that a user names as `module:name`, in an installed package or in a file in the current folder."""

import difflib
import importlib
import importlib.util
import pathlib
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, TypeVar, cast

from libs.utils.errors import SettingsError

Kind = TypeVar("Kind")


def is_reference(text: str) -> bool:
    """Whether a text has the form `module:name`, such as 'birds:Birds' or 'lab.datasets:Birds'."""
    module, _, name = text.partition(":")
    return bool(name) and all(part.isidentifier() for part in [*module.split("."), *name.split(".")])


def find_object(reference: str, what: str) -> Any:
    """Import a module, also from the current folder, and return its object `name`.

    Args:
        reference: 'module:name'.
        what: what it should be, for the error message.

    Raises:
        SettingsError: the module does not exist, or has nothing of that name. Errors of the module itself escape.
    """
    module, _, name = reference.partition(":")
    if "" not in sys.path:
        sys.path.append("")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise SettingsError(
            f"{what} {reference}: there is no module {error.name!r}; start the command in its folder, or install it"
        ) from error
    except AttributeError as error:
        raise SettingsError(f"{what} {reference}: {error}") from error
    return found


def require_imported(reference: str, what: str, remedy: str) -> None:
    """Refuse a `module:name` that comes from a file, unless the module is already imported.

    A file may be a stranger's and must not choose which code runs. Text that is not a reference passes.

    Args:
        reference: as the file gives it.
        what: what it should be, for the error message, such as 'backbone'.
        remedy: how the user imports it, for the error message.

    Raises:
        SettingsError: its module is not imported.
    """
    if is_reference(reference) and reference.partition(":")[0] not in sys.modules:
        raise SettingsError(f"the {what} {reference} is code of your own, which a checkpoint does not import; {remedy}")


def find_by_name(name: str, known: Mapping[str, Kind], what: str) -> Kind:
    """The project's own entry with a short name, or anybody's by `module:name`.

    Args:
        name: as above.
        known: name -> entry.
        what: kind of thing, for messages, such as 'memory policy'.

    Raises:
        SettingsError: the entry, module or object does not exist; the message names the nearest entry.
    """
    if name in known:
        return known[name]
    if is_reference(name):
        return cast(Kind, find_object(name, what))
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)
    raise SettingsError(
        f"there is no {what} '{name}'; there is: {', '.join(sorted(known))} (did you mean '{nearest[0]}'?), or "
        "'module:Class' of your own"
    )


def load_file(path: str | pathlib.Path, what: str) -> ModuleType:
    """Run a Python file, wherever it is, and return it as a module; runs again in every call.

    Args:
        path: of the file, which ends in '.py'.
        what: what it should be, for the error message.

    Raises:
        SettingsError: the file does not exist. Errors of the module itself escape.
    """
    path = pathlib.Path(path).expanduser().resolve()
    if path.suffix != ".py" or not path.is_file():
        raise SettingsError(f"{what} {path} is no file that ends in .py")
    # Under a unique name, so that it neither hides a package nor is hidden by one.
    spec = importlib.util.spec_from_file_location(f"_file_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look up the module of a class here.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
