"""GPUs named on the command line."""

import os

import pytest

from libs.utils.errors import SettingsError
from ltr.admin.launch import select_gpus


def test_indices_count_the_visible_gpus(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 3)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,7")
    select_gpus("0,2")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "4,7"


@pytest.mark.parametrize("indices", ["0,3", "-1", "all", "0,"])
def test_gpus_that_are_not_there_are_refused(monkeypatch, indices):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 3)
    with pytest.raises(SettingsError, match="3 GPUs are visible"):
        select_gpus(indices)
