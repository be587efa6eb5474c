import pytest
import torch
from torch import nn

from libs.models.amb import AMB
from libs.models.config import AMBConfig
from ltr.actors.clip_actor import ClipActor
from ltr.admin.distributed import World
from ltr.trainers.session import synchronized

CUDA = torch.device("cuda")


def kinds(network):
    return [type(module) for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]


@pytest.fixture
def network():
    return AMB(AMBConfig(backbone="resnet18", trunk="trained"))


def test_batch_norms_learn_from_the_clips_of_all_gpus(network):
    names = list(network.state_dict())
    shared = synchronized(network, World(CUDA, 0, 2))
    assert kinds(shared)
    assert all(issubclass(kind, nn.SyncBatchNorm) for kind in kinds(shared))
    assert list(shared.state_dict()) == names
    actor = ClipActor(shared)
    for learns in (False, True):
        actor.learn_batch_norm = learns
        actor.train()
        assert {module.training for module in shared.modules() if isinstance(module, nn.SyncBatchNorm)} == {learns}


@pytest.mark.parametrize("world", [World(CUDA), World(torch.device("cpu"), 0, 2)])
def test_alone_or_on_cpus_they_stay(network, world):
    before = kinds(network)
    assert kinds(synchronized(network, world)) == before
