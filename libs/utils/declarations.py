"""Says in words what the declaration of a value allows: for errors and for the page of parameters."""

import functools
import types
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

NOUNS = {
    bool: "True or False",
    int: "an integer",
    float: "a number",
    str: "text",
    types.NoneType: "None",
}
LIMITS = {"gt": "over", "ge": "at least", "lt": "below", "le": "at most"}


def in_words(annotation: Any, limits: Iterable[Any] = ()) -> str:
    """What a type and its limits allow: 'a number over 0, at most 100', 'None or an integer at least 1'.

    Args:
        annotation: a type of numbers, texts and truth values; `Literal`, `Annotated`, unions, tuples and dicts of them.
        limits: those that `Annotated` or pydantic's `Field` add to it.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return in_words(arguments[0], [*limits, *arguments[1:]])
    if origin in (Union, types.UnionType):
        # Limits of the union apply to its members except None, which comes first, as the exception.
        ordered = sorted(arguments, key=lambda kind: kind is not types.NoneType)
        return " or ".join(in_words(kind, () if kind is types.NoneType else limits) for kind in ordered)
    if origin is Literal:
        choices = ", ".join(str(choice) for choice in arguments)
        return f"one of {choices}" if len(arguments) > 1 else choices
    if origin is tuple:
        noun = _tuple(arguments)
    elif origin is dict:
        noun = "a dict" if arguments[1] is Any else f"a dict (each value {in_words(arguments[1])})"
    else:
        noun = NOUNS[annotation]
    return _limited(noun, dict(_flat(limits)))


def allows(annotation: Any, value: Any) -> bool:
    """Whether a value is strictly of a declared type and within its limits, as in `Params`."""
    try:
        _adapter(annotation).validate_python(value)
    except ValidationError:
        return False
    return True


@functools.cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation, config=ConfigDict(strict=True))


def _tuple(kinds: tuple[Any, ...]) -> str:
    """In words, what `tuple[kinds]` allows."""
    if kinds[-1] is Ellipsis:
        return f"a list, each {in_words(kinds[0])}"
    parts = [in_words(kind) for kind in kinds]
    if len(parts) > 1 and len(set(parts)) == 1:
        return f"{len(parts)} values, each {parts[0]}"
    return f"({'; '.join(parts)})"


def _flat(limits: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """(name, value) of limits, including those in a `Field`."""
    for limit in limits:
        if isinstance(limit, FieldInfo):
            yield from _flat(limit.metadata)
        names = (*LIMITS, "multiple_of", "min_length", "allow_inf_nan")
        yield from ((name, getattr(limit, name)) for name in names if getattr(limit, name, None) is not None)


def _limited(noun: str, limits: dict[str, Any]) -> str:
    if "multiple_of" in limits:
        noun = f"a multiple of {limits['multiple_of']}"
    if "ge" in limits and "le" in limits:
        words = [f"from {limits['ge']:.9g} to {limits['le']:.9g}"]
    else:
        words = [f"{word} {limits[name]:.9g}" for name, word in LIMITS.items() if name in limits]
    if limits.get("allow_inf_nan") is False:
        words.append("finite")
    if limits.get("min_length"):
        words.append("that is not empty")
    return f"{noun} {', '.join(words)}".strip()
