"""Base of all parameter objects: typed fields declared once, misspellings refused, frozen once in use."""

import dataclasses
import difflib

from libs.utils.errors import SettingsError


@dataclasses.dataclass
class Params:
    """A set of named parameters. Subclasses are dataclasses whose fields carry the defaults.

    Several parameter classes combine by inheritance. `ALIASES` maps spellings that users know to the field's name.

    Raises:
        SettingsError: when a field that does not exist is set (the message names the nearest one), or any field is set
            after `freeze`.
    """

    ALIASES = {}

    def __setattr__(self, name, value):
        name = self.ALIASES.get(name, name)
        known = [field.name for field in dataclasses.fields(self)]
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)
            raise SettingsError(f"{type(self).__name__} has no parameter '{name}'; did you mean '{nearest[0]}'?")
        if self.__dict__.get("_frozen"):
            raise SettingsError(f"parameter '{name}' cannot change: a tracker was already built from these parameters")
        self.__dict__[name] = value

    def __getattr__(self, name):
        if name in type(self).ALIASES:
            return getattr(self, type(self).ALIASES[name])
        raise AttributeError(f"{type(self).__name__} has no parameter '{name}'")

    def freeze(self):
        """Refuse every later change. Returns self."""
        self.__dict__["_frozen"] = True
        return self

    def as_dict(self):
        """All fields by name, as a new dict, ready for a manifest."""
        return dataclasses.asdict(self)
