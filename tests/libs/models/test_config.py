import pytest

from libs.models.config import AMBConfig
from libs.utils.errors import SettingsError
from tests.networks import BUNDLED_RESNET18


def test_defaults_are_the_released_network():
    assert AMBConfig().as_dict() == {
        "backbone": "resnet50",
        "key_dim": 128,
        "value_dim": 512,
        "decoder_dim": 256,
        "memory_mask": "aggregated",
        "location_scale": None,
        "crop_size": 384,
        "crop_factor": 4.0,
        "memory_encoder": "full",
        "trunk": "trained",
    }


def test_dict_round_trip():
    assert AMBConfig.from_dict(BUNDLED_RESNET18.as_dict()) == BUNDLED_RESNET18


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("backbone", "resnet19"),
        ("memory_encoder", "none"),
        ("trunk", 1),
        ("memory_mask", "soft"),
        ("key_dim", 0),
        ("value_dim", 2.5),
        ("decoder_dim", True),
        ("location_scale", -1.0),
        ("crop_size", 250),
        ("crop_factor", float("nan")),
        ("crop_factor", float("inf")),
        ("decoder_dim", 10**9),
        ("crop_size", 16 * 10**6),
    ],
)
def test_bad_value_names_the_field(field, value):
    with pytest.raises(SettingsError, match=field):
        AMBConfig().replace(**{field: value})


def test_fields_that_came_later_may_be_missing():
    """Checkpoints from before these fields existed get the defaults."""
    values = AMBConfig(backbone="resnet18").as_dict()
    del values["memory_encoder"], values["trunk"]
    assert AMBConfig.from_dict(values) == AMBConfig(backbone="resnet18")


def test_missing_and_unknown_fields_are_named():
    values = AMBConfig().as_dict()
    values["width"] = values.pop("key_dim")
    with pytest.raises(SettingsError, match=r"missing fields \['key_dim'\], unknown fields \['width'\]"):
        AMBConfig.from_dict(values)


def test_a_configuration_never_changes_and_is_a_key():
    config = AMBConfig(backbone="resnet18", crop_factor=3.0)
    with pytest.raises(SettingsError, match="'key_dim' cannot change"):
        config.key_dim = 64
    assert {config: 1}[AMBConfig(crop_factor=3.0, backbone="resnet18")] == 1
    assert config not in {AMBConfig(): 1}
