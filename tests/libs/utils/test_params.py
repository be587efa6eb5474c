import dataclasses
import pickle

import pytest
from pydantic import Field

from libs.utils.errors import SettingsError
from libs.utils.params import Params, value_of


class Example(Params):
    """An example."""

    ALIASES = {"lerning_rate": "learning_rate"}
    learning_rate: float = Field(default=0.5, gt=0)
    """How fast."""
    memory: int = 3
    pair: tuple[int, int] = Field(default=(4, 4), strict=False)
    threshold: float | None = None


class Labelled(Example):
    """With a text."""

    label: str = ""


def test_unknown_field_names_the_nearest():
    with pytest.raises(SettingsError, match="Example has no parameter 'memmory'; did you mean 'memory'"):
        Example().memmory = 4
    with pytest.raises(SettingsError, match="did you mean 'memory'"):
        Example(memmory=4)


def test_a_class_without_fields_has_no_nearest():
    with pytest.raises(SettingsError, match=r"Params has no parameter 'memory'$"):
        Params(memory=1)


def test_a_dataclass_is_told_what_to_change():
    @dataclasses.dataclass
    class Old(Params):
        memory: int = 3

    with pytest.raises(SettingsError, match="Old: leave out @dataclass"):
        Old(memory=4)


def test_alias_reads_and_writes_the_field():
    params = Example()
    params.lerning_rate = 0.1
    assert params.learning_rate == params.lerning_rate == Example(lerning_rate=0.1).learning_rate == 0.1
    assert params.as_dict() == {"learning_rate": 0.1, "memory": 3, "pair": (4, 4), "threshold": None}


def test_unknown_field_is_not_readable():
    with pytest.raises(AttributeError, match="no parameter 'speed'"):
        Example().speed  # noqa: B018


def test_frozen_params_do_not_change():
    params = Example().freeze()
    with pytest.raises(SettingsError, match="'memory' cannot change"):
        params.memory = 4
    assert Example().memory == 3
    changed = params.replace(memory=5)
    changed.memory += 1
    assert (params.memory, changed.memory) == (3, 6)


def test_a_copy_shares_nothing_and_remembers_what_was_set():
    params = Example(pair=[1, 2])
    changed = params.replace(lerning_rate=0.25)
    assert params.model_fields_set == {"pair"}
    assert changed.model_fields_set == {"pair", "learning_rate"}
    with pytest.raises(SettingsError, match="learning_rate is 0; it must be a number over 0"):
        params.replace(learning_rate=0)


def test_another_process_gets_the_same():
    params = Example(memory=4).freeze()
    sent = pickle.loads(pickle.dumps(params))
    assert (sent, sent.model_fields_set) == (params, {"memory"})
    with pytest.raises(SettingsError, match="cannot change"):
        sent.memory = 5


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        ("memory", 2.5, "an integer"),
        ("memory", True, "an integer"),
        ("memory", None, "an integer"),
        ("memory", "1", "an integer"),
        ("memory", 2**63, "an integer"),
        ("learning_rate", "a", "a number over 0"),
        ("learning_rate", True, "a number over 0"),
        ("learning_rate", 0, "a number over 0"),
        ("learning_rate", float("nan"), "a number over 0"),
        ("learning_rate", 10**400, "a number over 0"),
        ("threshold", float("nan"), "None or a number"),
        ("pair", (1,), "2 values, each an integer"),
        ("pair", [1, 2.0], "2 values, each an integer"),
    ],
)
def test_what_a_declaration_does_not_allow_is_refused_when_it_is_set(field, value, wanted):
    params = Example()
    for assign in (lambda: setattr(params, field, value), lambda: Example(**{field: value})):
        with pytest.raises(SettingsError, match=rf"^{field} is .*; it must be {wanted}$"):
            assign()
    assert params == Example()


def test_what_serves_as_what():
    params = Example(learning_rate=1, pair=[1, 2], threshold=float("inf"))
    assert (params.learning_rate, params.pair, params.threshold) == (1.0, (1, 2), float("inf"))


def test_a_requirement_names_the_parameter_and_what_is_wanted():
    Example().require("memory", True, "odd")
    with pytest.raises(SettingsError, match="memory is 3; it must be even"):
        Example().require("memory", False, "even")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("memory", "5", 5),
        ("learning_rate", "1e-3", 0.001),
        ("lerning_rate", "2", 2),
        ("pair", "(4, 2)", (4, 2)),
        ("threshold", "None", None),
        ("label", "007", "007"),
        ("label", "2018", "2018"),
        ("label", "None", "None"),
        ("label", "'quoted'", "quoted"),
        ("memory", "many", "many"),
    ],
)
def test_what_a_command_line_says_is_read_as_the_declaration_says(name, text, value):
    read = value_of(Labelled(), name, text)
    assert (read, type(read)) == (value, type(value))


def test_what_a_command_line_says_of_an_unknown_field():
    with pytest.raises(SettingsError, match="did you mean 'label'"):
        value_of(Labelled(), "lable", "3")
    assert value_of(object(), "anything", "3") == 3
