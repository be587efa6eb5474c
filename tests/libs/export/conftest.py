"""The programs of a tracker that is small enough to be traced quickly."""

import pytest
import torch

from libs.export.filter_programs import filter_programs
from libs.export.network_programs import network_programs
from libs.memory.spatial import SpatialMemoryParams
from libs.models.amb import AMB
from libs.models.config import AMBConfig
from libs.models.inference import prepare_for_inference

CROP, CAPACITY = 64, 4


@pytest.fixture(scope="package", params=["full", "light"])
def network(request):
    """Random weights, always the same; it remembers 'aggregated' masks, so not the probability itself."""
    torch.manual_seed(0)
    config = AMBConfig(
        backbone="resnet18", key_dim=8, value_dim=16, decoder_dim=8, crop_size=CROP, memory_encoder=request.param
    )
    return prepare_for_inference(AMB(config).eval(), "fp32").requires_grad_(False)


@pytest.fixture(scope="package")
def params():
    """A filter on a search crop of another size than the segmentation's, with a kernel that is not square."""
    return SpatialMemoryParams(
        max_image_sample_size=96**2,
        compressed_dim=8,
        kernel_size=(4, 3),
        augmentation={"relativeshift": [(0.25, 0.25)], "fliplr": True},
        sample_memory_size=5,
        init_CG_iter=4,
        init_GN_iter=2,
        CG_iter=2,
    )


@pytest.fixture(scope="package")
def programs(network, params):
    """Program name -> Program."""
    with torch.no_grad():
        made = network_programs(network, CROP, True, CAPACITY) + filter_programs(network, params, True)
    return {program.name: program for program in made}
