"""The programs of a tracker so small that they are traced in a moment."""

import pytest
import torch

from libs.export.programs import make_programs
from libs.memory.spatial import SpatialMemoryParams
from libs.models.amb import AMB
from libs.models.config import AMBConfig
from libs.models.inference import prepare_for_inference

CROP = 64


@pytest.fixture(scope="package")
def network():
    """Random weights, always the same; what it remembers is 'aggregated', so not the probability itself."""
    torch.manual_seed(0)
    network = AMB(AMBConfig(backbone="resnet18", key_dim=8, value_dim=16, decoder_dim=8, crop_size=CROP))
    return prepare_for_inference(network.eval(), "fp32")


@pytest.fixture(scope="package")
def params():
    """A filter on a search crop of another size than the segmentation's, with a kernel that is not square."""
    return SpatialMemoryParams(
        max_image_sample_size=96**2,
        compressed_dim=8,
        kernel_size=(4, 3),
        augmentation={"relativeshift": [(0.25, 0.25)]},
    )


@pytest.fixture(scope="package")
def programs(network, params):
    """Program name -> Program."""
    return {program.name: program for program in make_programs(network, CROP, params)}
