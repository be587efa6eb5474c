"""Base of all parameter objects: each field declared once, with type, range, default and meaning; checked when set."""

import ast
import dataclasses
import difflib
import math
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError, field_validator

from libs.utils.declarations import allows, in_words
from libs.utils.errors import SettingsError

P = TypeVar("P", bound="Params")


@dataclasses.dataclass(frozen=True)
class Retired:
    """A parameter of earlier versions that could have one value only: it may still be set, to that value.

    Attributes:
        value: of the other parameters, what it can be.
        reason: why it can be nothing else, for messages.
    """

    value: Callable[[Any], Any]
    reason: str


class Params(BaseModel):
    """A set of named parameters. A subclass declares each as `name: type = Field(default, <limits>)`, with a docstring.

    Several parameter classes combine by inheritance. What is set is checked at once against the field's declaration:
    numbers are numbers (a whole one serves as a fraction, but no text and no truth value does), NaN is none, and a list
    serves where a tuple stands. What depends on several fields is checked later, because files set them one by one.
    `model_fields_set` has the names of the fields that somebody set. `ALIASES` maps spellings that users know to the
    field's name, `RETIRED` the names of former parameters to what they can be: setting one warns, and `check_retired`
    compares.

    Raises:
        SettingsError: when a field that does not exist is set (the message names the nearest one), a field is set to
            what its declaration does not allow (the message says what it does), or any field is set after `freeze`.
    """

    model_config = ConfigDict(strict=True, validate_assignment=True, extra="forbid", use_attribute_docstrings=True)
    ALIASES: ClassVar[dict[str, str]] = {}
    RETIRED: ClassVar[dict[str, Retired]] = {}
    _frozen: bool = PrivateAttr(default=False)
    _retired: dict[str, Any] = PrivateAttr(default_factory=dict)

    def __new__(cls: type[P], *values: Any, **named: Any) -> P:
        """Refuses dataclasses, such as parameters of a tracker of one's own were."""
        if dataclasses.is_dataclass(cls):
            raise SettingsError(f"{cls.__module__}.{cls.__name__}: leave out @dataclass, parameters need none")
        return super().__new__(cls)

    def __init__(self, **values: Any) -> None:
        retired = {name: values.pop(name) for name in self.RETIRED.keys() & values.keys()}
        named = {self._field(name): value for name, value in values.items()}
        try:
            super().__init__(**named)
        except ValidationError as error:
            raise self._refusal(error, named) from None
        for name, value in retired.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in type(self).__private_attributes__:
            return super().__setattr__(name, value)
        name = name if name in self.RETIRED else self._field(name)
        if self._frozen:
            raise SettingsError(f"parameter '{name}' cannot change: something was already built with it")
        if name in self.RETIRED:
            warnings.warn(f"leave out {name}: {self.RETIRED[name].reason}", stacklevel=2)
            self._retired[name] = value
            return
        try:
            super().__setattr__(name, value)
        except ValidationError as error:
            raise self._refusal(error, {name: value}) from None

    # Hidden from type checkers, which would take any name for a field.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in type(self).ALIASES:
                return getattr(self, type(self).ALIASES[name])
            if name in type(self).RETIRED:
                return self._retired.get(name, type(self).RETIRED[name].value(self))
            if name in type(self).__private_attributes__:
                return super().__getattr__(name)
            raise AttributeError(f"{type(self).__name__} has no parameter '{name}'")

    @field_validator("*", mode="before")
    @classmethod
    def _is_number(cls, value: Any) -> Any:
        # Integers that fit into neither 64 bits nor, perhaps, a float.
        if (isinstance(value, float) and math.isnan(value)) or (isinstance(value, int) and abs(value) >= 2**63):
            raise ValueError("no number")
        return value

    def replace(self: P, **changes: Any) -> P:
        """A copy, not frozen, in which fields have other values.

        Raises:
            SettingsError: as when they are set.
        """
        copy = self.model_copy(deep=True)
        copy._frozen = False
        for name, value in changes.items():
            setattr(copy, name, value)
        return copy

    def freeze(self: P) -> P:
        """Refuse every later change. Returns self."""
        self._frozen = True
        return self

    def require(self, name: str, is_right: bool, wanted: str) -> None:
        """Raises SettingsError, naming the field, its value and what is `wanted` of it, unless it `is_right`."""
        if not is_right:
            raise SettingsError(out_of_range(name, getattr(self, name), wanted))

    def check_retired(self) -> None:
        """Raises SettingsError where a former parameter was set to another value than it can have."""
        for name, value in self._retired.items():
            only = self.RETIRED[name].value(self)
            if value != only:
                raise SettingsError(
                    f"{out_of_range(name, value, repr(only))}, or left out: {self.RETIRED[name].reason}"
                )

    def as_dict(self) -> dict[str, Any]:
        """All fields by name, as a new dict, ready for a manifest."""
        return self.model_dump()

    @classmethod
    def _field(cls, name: str) -> str:
        """The field of that name or alias."""
        name = cls.ALIASES.get(name, name)
        if name not in cls.model_fields:
            nearest = difflib.get_close_matches(name, cls.model_fields, n=1, cutoff=0)
            hint = f"; did you mean '{nearest[0]}'?" if nearest else ""
            raise SettingsError(f"{cls.__name__} has no parameter '{name}'{hint}")
        return name

    @classmethod
    def _refusal(cls, error: ValidationError, values: Mapping[str, Any]) -> SettingsError:
        """What pydantic refused, as an error of this project."""
        first = error.errors(include_url=False)[0]
        own = first.get("ctx", {}).get("error")
        if isinstance(own, SettingsError):
            return own
        name = str(first["loc"][0])
        field = cls.model_fields[name]
        return SettingsError(out_of_range(name, values[name], in_words(field.annotation, field.metadata)))


def value_of(params: object, name: str, text: str) -> Any:
    """What a command line says of a field: a Python literal, or the text itself where it is none or the field is text.

    Args:
        params: of `Params`; or anything else, of which it is not known which fields are text.
        name: of the field.
        text: such as '3', '(4, 4)', 'cpu'.

    Raises:
        SettingsError: `params` declare no such field.
    """
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    if not isinstance(params, Params) or name in params.RETIRED:
        return value
    declared = type(params).model_fields[params._field(name)].annotation
    return text if allows(declared, text) and not allows(declared, value) else value


def out_of_range(name: str, value: Any, wanted: str) -> str:
    """The sentence that says which value of which field is refused, and what it must be."""
    return f"{name} is {value!r:.200}; it must be {wanted}"
