"""The ResNet trunk that both encoders are built on."""

import hashlib
import pathlib

import torch
import torchvision
from torch import nn

from libs.models.state_dict import check_state_dict
from libs.models.tensor_file import check_state_tensors, read_tensor_file
from libs.utils.errors import CheckpointError


class ResNetTrunk(nn.Module):
    """A torchvision ResNet up to layer3 (strides 4, 8, 16), with room for further input channels beside RGB.

    Args:
        name: 'resnet18' or 'resnet50'.
        extra_channels: number of input channels after RGB. Their first-layer weights are never pretrained. One
            convolution over all channels equals separate bias-free convolutions whose results are added.
        weights: None for random weights, 'imagenet' for torchvision's default weights (downloaded when not cached;
            their hash is checked), else the path of a state dict of the torchvision model.

    Raises:
        CheckpointError: when the weights cannot be downloaded, or the file is unreadable or its entries do not fit;
            layer4 and fc, which the trunk does not have, may be in the file or not.
    """

    def __init__(self, name, extra_channels=0, weights=None):
        super().__init__()
        resnet = torchvision.models.get_model(name)
        self.conv1, self.bn1, self.relu, self.maxpool = resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool
        self.layer1, self.layer2, self.layer3 = resnet.layer1, resnet.layer2, resnet.layer3
        if weights is not None:
            self._load_file(_imagenet_file(name) if weights == "imagenet" else weights)
        if extra_channels:
            self._widen_input(extra_channels)

    def stem(self, x):
        """First convolution, batch norm and ReLU: (N, C, H, W) -> (N, 64, H/2, W/2)."""
        return self.relu(self.bn1(self.conv1(x)))

    def forward(self, x):
        """Features of images (N, C, H, W) at strides 16, 8 and 4, in this order."""
        r2 = self.layer1(self.maxpool(self.stem(x)))
        r3 = self.layer2(r2)
        return self.layer3(r3), r3, r2

    def _load_file(self, path):
        state = check_state_tensors(read_tensor_file(path), path)
        state = {name: value for name, value in state.items() if not name.startswith(("layer4.", "fc."))}
        own = self.state_dict()
        # Files from before batch norm counted its batches lack these counters, which the trunk does not use.
        state = {name: value for name, value in own.items() if name.endswith("num_batches_tracked")} | state
        check_state_dict(state, own, f"backbone weights {path}")
        self.load_state_dict(state)

    def _widen_input(self, extra_channels):
        rgb = self.conv1
        self.conv1 = nn.Conv2d(3 + extra_channels, rgb.out_channels, 7, stride=2, padding=3, bias=False)
        nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")
        with torch.no_grad():
            self.conv1.weight[:, :3] = rgb.weight


def _imagenet_file(name):
    """Path of torchvision's default weights in torch's cache, where they are downloaded to if they are not there.

    The file's name ends in the first 8 digits of its SHA-256, which is checked whenever the file is used.
    """
    url = torchvision.models.get_model_weights(name).DEFAULT.url
    path = pathlib.Path(torch.hub.get_dir(), "checkpoints", url.rpartition("/")[2])
    prefix = path.stem.rpartition("-")[2]
    try:
        if not path.is_file():
            print(f"backbone_weights=imagenet: downloading {url} to {path}")
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(url, str(path), prefix)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    # torch.hub raises a RuntimeError on another hash.
    except (OSError, RuntimeError) as error:
        raise CheckpointError(
            f"the ImageNet weights of {name} cannot be downloaded ({error}); give a file with torchvision's state dict "
            "(backbone_weights=FILE), or train from scratch (backbone_weights=none)"
        ) from error
    if not digest.startswith(prefix):
        raise CheckpointError(f"{path} is damaged: its SHA-256 does not begin with {prefix}; delete it")
    return path
