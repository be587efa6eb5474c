import pytest
import torch
import torch.distributed as dist

from libs.utils.errors import SettingsError
from ltr.admin.distributed import World, join_world

CPU = torch.device("cpu")


@pytest.mark.parametrize("device", ["mps", "gpu", "cuda:1"])
def test_a_device_that_cannot_be_trained_on_is_named_with_those_that_can(device):
    with pytest.raises(SettingsError, match=f"device is '{device}'; use one of auto, cuda, cpu"):
        join_world(device)


def _gather(rank, place):
    dist.init_process_group("gloo", init_method=f"file://{place}/met", rank=rank, world_size=2)
    (place / str(rank)).write_text(repr(World(CPU, rank, 2).gather({"rank": rank})))
    dist.destroy_process_group()


@pytest.mark.slow
def test_what_each_process_has_is_gathered_by_rank(tmp_path):
    torch.multiprocessing.spawn(_gather, (tmp_path,), nprocs=2)
    assert {(tmp_path / rank).read_text() for rank in "01"} == {"[{'rank': 0}, {'rank': 1}]"}


def test_alone_there_is_one_to_gather_from():
    assert World(CPU).gather(3) == [3]
