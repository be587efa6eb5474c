"""The ResNet trunk that both encoders are built on."""

import torch
import torchvision
from torch import nn

from libs.models.state_dict import check_state_dict
from libs.utils.errors import CheckpointError


class ResNetTrunk(nn.Module):
    """A torchvision ResNet up to layer3 (strides 4, 8, 16), with room for further input channels beside RGB.

    Args:
        name: 'resnet18' or 'resnet50'.
        extra_channels: number of input channels after RGB. Their first-layer weights are never pretrained. One
            convolution over all channels equals separate bias-free convolutions whose results are added.
        weights: None for random weights, 'imagenet' for torchvision's default weights (downloaded when not cached),
            else the path of a state dict of the torchvision model.

    Raises:
        CheckpointError: when the weights cannot be downloaded, or the file is unreadable or its entries do not fit;
            layer4 and fc, which the trunk does not have, may be in the file or not.
    """

    def __init__(self, name, extra_channels=0, weights=None):
        super().__init__()
        resnet = _imagenet_resnet(name) if weights == "imagenet" else torchvision.models.get_model(name)
        self.conv1, self.bn1, self.relu, self.maxpool = resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool
        self.layer1, self.layer2, self.layer3 = resnet.layer1, resnet.layer2, resnet.layer3
        if weights not in (None, "imagenet"):
            self._load_file(weights)
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
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:
            raise CheckpointError(f"backbone weights {path} cannot be read: {error}") from error
        state = {name: value for name, value in state.items() if not name.startswith(("layer4.", "fc."))}
        check_state_dict(state, self.state_dict(), f"backbone weights {path}")
        self.load_state_dict(state)

    def _widen_input(self, extra_channels):
        rgb = self.conv1
        self.conv1 = nn.Conv2d(3 + extra_channels, rgb.out_channels, 7, stride=2, padding=3, bias=False)
        nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")
        with torch.no_grad():
            self.conv1.weight[:, :3] = rgb.weight


def _imagenet_resnet(name):
    try:
        return torchvision.models.get_model(name, weights="DEFAULT")
    except OSError as error:
        raise CheckpointError(
            f"the ImageNet weights of {name} cannot be downloaded ({error}); give a file with torchvision's state dict "
            "(backbone_weights=FILE), or train from scratch (backbone_weights=none)"
        ) from error
