"""Where datasets, networks and results are on this machine: environment variables, then the user's `local.py`.

A package that needs paths declares them once, as `Params` with string fields `<name>_path` and descriptions of what
belongs there, and finds them through `LocalPaths`.
"""

import contextlib
import dataclasses
import os
import pathlib
import runpy
from typing import Any

import platformdirs
from pydantic import Field, create_model

from libs.utils.errors import SettingsError
from libs.utils.params import Params

ROOT = pathlib.Path(__file__).resolve().parents[2]
"""Folder that holds the packages: the checkout, or site-packages."""
APPLICATION = "dmb"


def environment_variable(name: str) -> str:
    """Name of the environment variable for the path `name`: 'vot2018' -> 'DMB_VOT2018_PATH'."""
    return f"DMB_{name.upper()}_PATH"


def cache_folder() -> pathlib.Path:
    """Folder for what can be made again: $DMB_CACHE, else the user's cache folder on this system."""
    given = os.environ.get("DMB_CACHE")
    return pathlib.Path(given).expanduser() if given else platformdirs.user_cache_path(APPLICATION)


def path_settings(name: str, module: str, paths: dict[str, str]) -> type[Params]:
    """A class of `Params` with string fields `<name>_path`, all empty.

    Args:
        name, module: of the class; users import it from there.
        paths: name without '_path' -> what belongs there.
    """
    fields: dict[str, Any] = {
        f"{path}_path": (str, Field(default="", description=content)) for path, content in paths.items()
    }
    doc = "Folders, as strings; an empty one is not set."
    return create_model(name, __base__=Params, __module__=module, __doc__=doc, **fields)


@dataclasses.dataclass(frozen=True)
class LocalPaths:
    """The paths of one package.

    Attributes:
        module: its `local.py` as a module name, such as 'ltr.admin.local'.
        settings: the `Params` that declare them; their module writes the file when it is run.
    """

    module: str
    settings: type[Params]

    @property
    def file(self) -> pathlib.Path:
        """The `local.py`: in a checkout where its name says, for an installed copy in the user's settings folder."""
        names = self.module.split(".")
        if (ROOT / "pyproject.toml").is_file():
            return ROOT.joinpath(*names).with_suffix(".py")
        name = f"{names[0]}_{names[-1]}.py"
        # Where earlier versions wrote it, on systems with another settings folder.
        earlier = pathlib.Path.home() / ".config" / APPLICATION / name
        return earlier if earlier.is_file() else platformdirs.user_config_path(APPLICATION) / name

    def load(self) -> Params:
        """What `local_env_settings()` of the file returns, or the defaults without a file.

        Raises:
            SettingsError: the file sets a path that does not exist (the message names the nearest), it has no
                `local_env_settings`, or that returns something else. Other errors of the file escape.
        """
        if not self.file.is_file():
            return self.settings()
        try:
            settings = runpy.run_path(str(self.file)).get("local_env_settings", lambda: None)()
        except SettingsError as error:
            raise SettingsError(f"{self.file}: {error}") from error
        if not isinstance(settings, Params):
            raise SettingsError(f"{self.file}: local_env_settings() must return a {self.settings.__name__}")
        return settings

    def find(
        self,
        name: str,
        argument: pathlib.Path | str | None = None,
        default: pathlib.Path | str | None = None,
    ) -> pathlib.Path:
        """The path `name`: the argument, else the environment variable, else `local.py`, else the default.

        Args:
            name: the path's name, without '_path'.
            argument: what the caller got directly, or None.
            default: used if nothing else is set; None makes a missing path an error.

        Returns:
            The path, with `~` expanded. Whoever reads or writes there checks whether it exists.

        Raises:
            SettingsError: it is not set; the message names the three ways to set it.
        """
        chosen = argument or os.environ.get(environment_variable(name))
        chosen = chosen or getattr(self.load(), f"{name}_path", None) or default
        if not chosen:
            raise SettingsError(
                f"the path '{name}' is not set: {self.ways_to_set(name)}, or give the path as an argument"
            )
        return pathlib.Path(chosen).expanduser()

    def ways_to_set(self, name: str) -> str:
        """For messages: how to set the path `name` permanently, by the environment or `local.py`."""
        ways = f"set the environment variable {environment_variable(name)}"
        if f"{name}_path" not in self.settings.model_fields:
            return ways
        written = "" if self.file.is_file() else f" (`python -m {self.settings.__module__}` writes that file)"
        return f"{ways}, or settings.{name}_path in {self.file}{written}"

    def write(self) -> pathlib.Path:
        """Write the file with all paths at their defaults, for the user to edit, unless it exists; returns its path."""
        body = "".join(
            f"    # {field.description or name}\n    settings.{name} = {field.default!r}\n"
            for name, field in self.settings.model_fields.items()
        )
        name = self.settings.__name__
        text = (
            '"""Paths on this machine, yours to edit. Environment variables DMB_<NAME>_PATH win over this file."""\n\n'
            f"from {self.settings.__module__} import {name}\n\n\n"
            "def local_env_settings():\n"
            '    """Paths of datasets and results on this machine; leave empty what you do not have."""\n'
            f"    settings = {name}()\n{body}    return settings\n"
        )
        file = self.file
        file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), file.open("x", encoding="utf-8") as stream:
            stream.write(text)
        return file
