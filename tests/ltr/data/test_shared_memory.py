"""Shared memory: too little of it gives one sentence with the two remedies."""

import types

import pytest
import torch

from libs.utils.errors import SettingsError
from ltr.data import shared_memory
from ltr.data.dataset import clip_loader
from ltr.data.shared_memory import check_shared_memory

MEGABYTE = 2**20


@pytest.fixture
def free(tmp_path, monkeypatch):
    """Function that sets the free megabytes."""
    monkeypatch.setattr(shared_memory, "SHARED", tmp_path)

    def set_free(megabytes):
        usage = types.SimpleNamespace(free=megabytes * MEGABYTE)
        monkeypatch.setattr(shared_memory.shutil, "disk_usage", lambda path: usage)

    return set_free


def test_what_the_workers_prepare_ahead_must_fit(free, tiny_settings):
    # 2 x 8 batches of 4 clips: 3 images of 3 bytes a pixel, 3 masks of one and a first mask of four.
    settings = tiny_settings(workers=8, batch_size=4, clips_per_epoch=64, max_objects=1)
    needed = 16 * 4 * 256**2 * (9 + 3 + 4)
    assert needed == 64 * MEGABYTE
    free(64)
    check_shared_memory(settings, 3, 256)
    free(63)
    with pytest.raises(
        SettingsError, match=r"8 workers prepare up to 64 MB .* 63 MB free; .*--workers .*--shm-size=8g"
    ):
        check_shared_memory(settings, 3, 256)


def test_no_more_is_needed_than_an_epoch_has_and_nothing_without_workers(free, tiny_settings):
    free(4)
    check_shared_memory(tiny_settings(workers=8, batch_size=4, clips_per_epoch=4), 3, 256)
    check_shared_memory(tiny_settings(workers=0, batch_size=4, clips_per_epoch=64), 3, 256)


class Fails(torch.utils.data.Dataset):
    def __init__(self, message):
        self.message = message

    def __getitem__(self, key):
        raise RuntimeError(self.message)


def load(message):
    return next(iter(clip_loader(Fails(message), [0], 1, 0, torch.device("cpu"))))


@pytest.mark.parametrize(
    "message",
    [
        "unable to allocate shared memory(shm) for file </torch_1_2>: No space left on device (28)",
        "DataLoader worker (pid 7) is killed by signal: Bus error.",
    ],
)
def test_an_error_of_a_worker_that_speaks_of_it_is_explained(message):
    with pytest.raises(SettingsError, match=r"too little shared memory .*--workers .*--shm-size=8g"):
        load(message)


def test_any_other_error_stays_as_it_is():
    with pytest.raises(RuntimeError, match="another"):
        load("another")
