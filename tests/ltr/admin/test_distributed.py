import pytest

from libs.utils.errors import SettingsError
from ltr.admin.distributed import join_world


@pytest.mark.parametrize("device", ["mps", "gpu", "cuda:1"])
def test_a_device_that_cannot_be_trained_on_is_named_with_those_that_can(device):
    with pytest.raises(SettingsError, match=f"device is '{device}'; use one of auto, cuda, cpu"):
        join_world(device)
