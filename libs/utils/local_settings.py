"""Where datasets, networks and results lie on this machine: environment variables win over a `local.py` of the user's.

A package that needs paths declares them once, as a `Params` dataclass of string fields `<name>_path` whose metadata
`help` says what belongs there, and wraps the functions below.
"""

import dataclasses
import os
import pathlib
import runpy

from libs.utils.errors import SettingsError
from libs.utils.params import Params

ROOT = pathlib.Path(__file__).resolve().parents[2]
"""Folder that holds the packages: the checkout, or site-packages."""


def environment_variable(name):
    """Name of the environment variable that sets the path `name`: 'vot2018' -> 'DMB_VOT2018_PATH'."""
    return f"DMB_{name.upper()}_PATH"


def local_file(module):
    """Where a `local.py` lies: in a checkout where its name says; for an installed copy in the user's own `~/.config`.

    Args:
        module: name of the file as of a module, such as 'ltr.admin.local'.

    Returns:
        `<checkout>/ltr/admin/local.py`, or `~/.config/dmb/ltr_local.py`.
    """
    names = module.split(".")
    if (ROOT / "pyproject.toml").is_file():
        return ROOT.joinpath(*names).with_suffix(".py")
    return pathlib.Path.home() / ".config" / "dmb" / f"{names[0]}_{names[-1]}.py"


def load_local_settings(settings_class, module):
    """What `local_env_settings()` of a `local.py` returns, or the defaults where that file does not exist.

    Args:
        settings_class: the `Params` dataclass that declares the paths.
        module: see `local_file`.

    Raises:
        SettingsError: when the file has no `local_env_settings`, or that returns something else. Whatever the file
            itself raises escapes.
    """
    file = local_file(module)
    if not file.is_file():
        return settings_class()
    settings = runpy.run_path(str(file)).get("local_env_settings", lambda: None)()
    if not isinstance(settings, Params):
        raise SettingsError(f"{file}: local_env_settings() must return a {settings_class.__name__}")
    return settings


def find_path(name, settings_class, module, argument=None, default=None):
    """Path called `name`: the argument, else the environment variable, else `local.py`, else the default.

    Args:
        name: the path's name, without '_path'.
        settings_class, module: as for `load_local_settings`.
        argument: what the caller was given directly, or None.
        default: used where nothing else is set; None makes a missing path an error.

    Returns:
        pathlib.Path, with `~` expanded. Whether it exists is left to who reads or writes there.

    Raises:
        SettingsError: when the path is not set; the message names the three ways to set it.
    """
    variable = environment_variable(name)
    candidates = argument, os.environ.get(variable)
    chosen = next((value for value in candidates if value), None)
    chosen = chosen or getattr(load_local_settings(settings_class, module), f"{name}_path", None) or default
    if not chosen:
        ways = ways_to_set(name, settings_class, module)
        raise SettingsError(f"the path '{name}' is not set: {ways}, or give the path as an argument")
    return pathlib.Path(chosen).expanduser()


def ways_to_set(name, settings_class, module):
    """For messages: how the path `name` is set once and for all, by the environment or `local.py`."""
    file = local_file(module)
    written = "" if file.is_file() else f" (`python -m {settings_class.__module__}` writes that file)"
    return f"set the environment variable {environment_variable(name)}, or settings.{name}_path in {file}{written}"


def write_local_template(file, settings_class):
    """Write a `local.py` with every path of `settings_class` at its default, unless the file exists already.

    Args:
        file: where to write, see `local_file`; its folder is made.
        settings_class: the `Params` dataclass; the template imports it from its module.

    Returns:
        True if the file was written, False if there was one (which is never touched).
    """
    file = pathlib.Path(file)
    body = "".join(
        f"    # {field.metadata.get('help', field.name)}\n    settings.{field.name} = {field.default!r}\n"
        for field in dataclasses.fields(settings_class)
    )
    text = (
        '"""Paths on this machine, yours to edit. Environment variables DMB_<NAME>_PATH win over this file."""\n\n'
        f"from {settings_class.__module__} import {settings_class.__name__}\n\n\n"
        "def local_env_settings():\n"
        '    """Paths of datasets and results on this machine; leave empty what you do not have."""\n'
        f"    settings = {settings_class.__name__}()\n{body}    return settings\n"
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return False
    return True
