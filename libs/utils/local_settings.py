"""Where datasets, networks and results lie on this machine: environment variables win over a `local.py` of the user's.

A package that needs paths declares them once, as a `Params` dataclass of string fields `<name>_path` whose metadata
`help` says what belongs there, and wraps the functions below.
"""

import dataclasses
import importlib
import os
import pathlib

from libs.utils.errors import SettingsError
from libs.utils.params import Params


def environment_variable(name):
    """Name of the environment variable that sets the path `name`: 'vot2018' -> 'DMB_VOT2018_PATH'."""
    return f"DMB_{name.upper()}_PATH"


def load_local_settings(settings_class, module):
    """What `local_env_settings()` of a `local.py` returns, or the defaults where that file does not exist.

    Args:
        settings_class: the `Params` dataclass that declares the paths.
        module: import name of the file, such as 'ltr.admin.local'.

    Raises:
        SettingsError: when the file has no `local_env_settings`, or that returns something else. Whatever the file
            itself raises escapes.
    """
    try:
        local = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return settings_class()
    settings = getattr(local, "local_env_settings", lambda: None)()
    if not isinstance(settings, Params):
        raise SettingsError(f"{local.__file__}: local_env_settings() must return a {settings_class.__name__}")
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
        raise SettingsError(
            f"the path '{name}' is not set. Set the environment variable {variable}, or settings.{name}_path in "
            f"{module.replace('.', '/')}.py, or give the path as an argument"
        )
    return pathlib.Path(chosen).expanduser()


def write_local_template(file, settings_class):
    """Write a `local.py` with every path of `settings_class` at its default, unless the file exists already.

    Args:
        file: where to write, such as 'ltr/admin/local.py'.
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
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return False
    return True
