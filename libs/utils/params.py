"""Base of all parameter objects: typed fields declared once, misspellings refused, frozen once in use."""

import dataclasses
import difflib
import math
import types
import typing

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
        self.__dict__.setdefault("_chosen", set()).add(name)

    def __post_init__(self):
        defaults = type(self).__dataclass_fields__
        self.__dict__["_chosen"] = {name for name in defaults if getattr(self, name) != _default(defaults[name])}

    @property
    def chosen(self) -> frozenset[str]:
        """Names of the fields that somebody set, or that were built with another value than their default."""
        return frozenset(self.__dict__["_chosen"])

    def __getattr__(self, name):
        if name in type(self).ALIASES:
            return getattr(self, type(self).ALIASES[name])
        raise AttributeError(f"{type(self).__name__} has no parameter '{name}'")

    def require(self, name, allowed, wanted):
        """Raises SettingsError, naming the parameter and what is `wanted` of it, unless `allowed(value)`.

        A value that `allowed` cannot judge, because of what is inside it, is refused too.
        """
        value = getattr(self, name)
        try:
            sound = allowed(value)
        except (TypeError, ValueError, OverflowError):
            sound = False
        if not sound:
            raise SettingsError(f"parameter '{name}' must be {wanted}, not {value!r:.200}")

    def freeze(self):
        """Refuse every later change. Returns self."""
        self.__dict__["_frozen"] = True
        return self

    def check_types(self):
        """Raises SettingsError, naming the parameter, when a value is of another type, NaN, or beyond 64 bits."""
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value, hint = getattr(self, field.name), hints[field.name]
            kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
            allowed = {typing.get_origin(kind) or kind for kind in kinds}
            # Whole numbers are numbers, and a list of numbers serves where a tuple stands.
            allowed |= {int} if float in allowed else set()
            allowed |= {list} if tuple in allowed else set()
            wrong_bool = isinstance(value, bool) and bool not in allowed
            # No number: NaN, and integers that fit into neither 64 bits nor, perhaps, a float.
            no_number = (
                math.isnan(value) if isinstance(value, float) else isinstance(value, int) and abs(value) >= 2**63
            )
            if wrong_bool or no_number or not isinstance(value, tuple(allowed)):
                raise SettingsError(f"parameter '{field.name}' is {value!r:.200}; it must be of type {field.type}")

    def as_dict(self):
        """All fields by name, as a new dict, ready for a manifest."""
        return dataclasses.asdict(self)


def _default(field: dataclasses.Field) -> object:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
