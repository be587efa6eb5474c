"""The trunk of the network: a backbone up to stride 16, timm's or the user's, with weights from a file or from timm."""

import os

import torch
from torch import Tensor, nn

from libs.models.own_backbones import OwnBackbone, is_own_backbone
from libs.models.state_dict import check_state_dict
from libs.models.tensor_file import check_state_tensors, read_tensor_file
from libs.models.timm_backbones import TimmBackbone
from libs.utils.crops import IMAGENET_MEAN, IMAGENET_STD


class Backbone(nn.Module):
    """A backbone with features at strides 16, 8 and 4, and optional input channels besides RGB.

    Args:
        name: any timm network with strides 4, 8 and 16, such as 'resnet50' or 'tf_efficientnet_lite2'; 'module:Class'
            of the user's; or one that an installed package offers (see docs/extending.md).
        extra_channels: input channels after RGB. Their first-layer weights are never pretrained. One convolution over
            all channels equals the sum of separate bias-free convolutions.
        weights: None for random weights, 'imagenet' for timm's (downloaded once), else the path of a state dict with
            timm's names, whose later stages and classifier are ignored (EfficientNets also with the names of
            `efficientnet_pytorch`); for the user's own backbone, with its own names.

    Raises:
        SettingsError: the backbone is unknown, or it lacks one of the strides.
        CheckpointError: the weights cannot be downloaded, or the file is unreadable or its entries do not fit.
    """

    scale: Tensor
    offset: Tensor

    def __init__(self, name: str, extra_channels: int = 0, weights: str | os.PathLike[str] | None = None):
        super().__init__()
        source = _source(name)
        self.net = source.build(3 + extra_channels)
        scale, offset = _input_change(source.normalization, extra_channels)
        self.changes_input = scale is not None
        if self.changes_input:
            self.register_buffer("scale", scale, persistent=False)
            self.register_buffer("offset", offset, persistent=False)
        if weights is not None:
            state = source.imagenet_state() if weights == "imagenet" else source.trunk_state(_read_state(weights))
            self._load(state, source.first_convolution(self.net), weights)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Compute features of ImageNet-normalised images (N, C, H, W) at strides 16, 8 and 4, in this order."""
        if self.changes_input:
            images = torch.addcmul(self.offset, images, self.scale)
        r2, r3, r4 = self.net(images)
        return r4, r3, r2

    def _load(self, state: dict[str, Tensor], first_convolution: str, source: object) -> None:
        own = self.net.state_dict()
        # Files from before batch norm counted its batches lack these counters, which the trunk does not use.
        state = {name: value for name, value in own.items() if name.endswith("num_batches_tracked")} | state
        first = f"{first_convolution}.weight"
        if first in state and own[first].shape[1] > 3:
            state[first] = torch.cat([state[first].to(own[first]), own[first][:, 3:]], dim=1)
        check_state_dict(state, own, f"backbone weights {source}")
        self.net.load_state_dict(state)


def backbone_channels(name: str) -> tuple[int, int, int]:
    """Channels of a backbone at strides 4, 8 and 16.

    Raises:
        SettingsError: the backbone is unknown, or it lacks one of the strides.
    """
    return _source(name).channels()


def _source(name: str) -> OwnBackbone | TimmBackbone:
    return OwnBackbone(name) if isinstance(name, str) and is_own_backbone(name) else TimmBackbone(name)


def _read_state(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    return check_state_tensors(read_tensor_file(path), path)


def _input_change(
    normalization: tuple[tuple[float, ...], tuple[float, ...]], extra_channels: int
) -> tuple[Tensor | None, Tensor | None]:
    """Scale and offset (1, C, 1, 1) from ImageNet's normalisation to that of the weights; None if they are the same."""
    if normalization == (IMAGENET_MEAN, IMAGENET_STD):
        return None, None
    pairs = zip(IMAGENET_MEAN, IMAGENET_STD, *normalization, strict=True)
    scale_and_offset = [(ours_std / std, (ours_mean - mean) / std) for ours_mean, ours_std, mean, std in pairs]
    scale_and_offset += [(1.0, 0.0)] * extra_channels
    # On the host even if the network is built on the meta device: no state dict fills these two later.
    numbers = torch.tensor(scale_and_offset, device="cpu").T[:, None, :, None, None]
    return numbers[0], numbers[1]
