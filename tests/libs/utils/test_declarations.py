"""What declarations allow, in words, and whether they allow a value."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, PositiveInt

from libs.utils.declarations import allows, in_words

Share = Annotated[float, Field(ge=0, le=1)]


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (bool, "True or False"),
        (str, "text"),
        (PositiveInt, "an integer over 0"),
        (Share, "a number from 0 to 1"),
        (Share | None, "None or a number from 0 to 1"),
        (Annotated[float, Field(gt=0, allow_inf_nan=False)], "a number over 0, finite"),
        (Annotated[int | None, Field(ge=1, lt=5000)], "None or an integer at least 1, below 5000"),
        (Annotated[int, Field(gt=0, le=64, multiple_of=16)], "a multiple of 16 over 0, at most 64"),
        (Literal["mask", "polygon"], "one of mask, polygon"),
        (Literal[1], "1"),
        (Annotated[int, Field(ge=1, le=4194304)], "an integer from 1 to 4194304"),
        (tuple[int, int], "2 values, each an integer"),
        (tuple[Share, PositiveInt], "(a number from 0 to 1; an integer over 0)"),
        (tuple[str] | tuple[str, float], "(text) or (text; a number)"),
        (tuple[int, ...], "a list, each an integer"),
        (Annotated[dict[str, bool], Field(min_length=1)], "a dict (each value True or False) that is not empty"),
        (dict[str, Any], "a dict"),
    ],
)
def test_words(declared, words):
    assert in_words(declared) == words


def test_limits_may_stand_beside_the_type():
    assert in_words(float, [Field(ge=2)]) == "a number at least 2"


@pytest.mark.parametrize(
    ("declared", "right", "wrong"),
    [
        (Share, [0, 0.5, 1], [-0.1, 1.1, "0.5", True, None, float("nan")]),
        (Share | None, [None, 1], ["", False]),
        (PositiveInt, [1, 10**6], [0, 1.0, True]),
        (Literal["a", "b"], ["a"], ["c", None, 0]),
    ],
)
def test_values(declared, right, wrong):
    assert all(allows(declared, value) for value in right)
    assert not any(allows(declared, value) for value in wrong)
