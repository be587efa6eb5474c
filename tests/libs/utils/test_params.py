import dataclasses

import pytest

from libs.utils.errors import SettingsError
from libs.utils.params import Params


@dataclasses.dataclass
class Example(Params):
    ALIASES = {"lerning_rate": "learning_rate"}
    learning_rate: float = 0.5
    memory: int = 3


def test_unknown_field_names_the_nearest():
    with pytest.raises(SettingsError, match="did you mean 'memory'"):
        Example().memmory = 4


def test_alias_reads_and_writes_the_field():
    params = Example()
    params.lerning_rate = 0.1
    assert params.learning_rate == params.lerning_rate == 0.1
    assert params.as_dict() == {"learning_rate": 0.1, "memory": 3}


def test_unknown_field_is_not_readable():
    with pytest.raises(AttributeError, match="no parameter 'speed'"):
        Example().speed  # noqa: B018


def test_frozen_params_do_not_change():
    params = Example().freeze()
    with pytest.raises(SettingsError, match="'memory' cannot change"):
        params.memory = 4
    assert Example().memory == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("memory", 2.5),
        ("memory", True),
        ("memory", None),
        ("learning_rate", "a"),
        ("learning_rate", float("nan")),
        ("learning_rate", 10**400),
    ],
)
def test_values_of_another_type_are_named(field, value):
    params = Example()
    params.check_types()
    setattr(params, field, value)
    with pytest.raises(SettingsError, match=f"'{field}' is"):
        params.check_types()


def test_a_requirement_names_the_parameter_and_what_is_wanted():
    params = Example()
    params.require("memory", lambda value: value > 0, "positive")
    for value in (-1, "a", None):
        params.memory = value
        with pytest.raises(SettingsError, match=f"'memory' must be positive, not {value!r}"):
            params.require("memory", lambda value: value > 0, "positive")


def test_a_whole_number_is_a_number():
    Example(learning_rate=1).check_types()
