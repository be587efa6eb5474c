import pytest
import torch

from libs.utils.devices import find_device
from libs.utils.errors import SettingsError


@pytest.mark.parametrize(("there", "chosen"), [(True, "cuda"), (False, "cpu")])
def test_auto_is_a_gpu_where_there_is_one(monkeypatch, there, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    monkeypatch.setattr(torch, "empty", lambda *shape, device: None)
    assert find_device("auto") == torch.device(chosen)


@pytest.mark.parametrize("name", ["gpu", "cuda:99", ""])
def test_a_device_that_is_none_is_an_error_that_names_it(name):
    with pytest.raises(SettingsError, match=f"device '{name}' cannot be used: "):
        find_device(name)
