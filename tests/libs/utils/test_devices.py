import pytest
import torch

from libs.utils.devices import find_device, has_float64, read_back
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


def test_tensors_are_read_back_in_one():
    groups = [[torch.arange(6.0).view(2, 3), torch.tensor(7.0)], [], [torch.zeros(1, 2)]]
    read = read_back(groups)
    assert [[array.shape for array in group] for group in read] == [[(2, 3), ()], [], [(1, 2)]]
    assert read[0][0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert float(read[0][1]) == 7
    assert read_back([[], []]) == [[], []]


def test_which_devices_compute_in_float64():
    assert has_float64(torch.device("cpu"))
    assert has_float64(torch.device("cuda:1"))
    assert not has_float64(torch.device("mps"))
