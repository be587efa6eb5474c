"""The trunk of the network: a timm backbone up to stride 16, with ImageNet weights from a file or from timm."""

import functools
import os
from typing import Any

import timm
import torch
from torch import Tensor, nn

from libs.models.state_dict import check_state_dict
from libs.models.tensor_file import check_state_tensors, read_tensor_file
from libs.utils.crops import IMAGENET_MEAN, IMAGENET_STD
from libs.utils.errors import CheckpointError, SettingsError

STRIDES = (4, 8, 16)

PRETRAINED_TAGS = {"resnet18": "tv_in1k", "resnet34": "tv_in1k", "resnet50": "tv2_in1k", "resnet101": "tv2_in1k"}
"""ImageNet weights that a name without a tag stands for where they are not timm's default: torchvision's."""


class Backbone(nn.Module):
    """A timm backbone that gives features at strides 16, 8 and 4, with room for further input channels beside RGB.

    Args:
        name: any timm name whose network has strides 4, 8 and 16, such as 'resnet50' or 'tf_efficientnet_lite2'.
        extra_channels: input channels after RGB. Their first-layer weights are never pretrained. One convolution over
            all channels equals separate bias-free convolutions whose results are added.
        weights: None for random weights, 'imagenet' for timm's (downloaded once), else the path of a state dict with
            timm's names, whose later stages and classifier are ignored.

    Raises:
        SettingsError: there is no such backbone, or it lacks one of the strides.
        CheckpointError: the weights cannot be downloaded, or the file is unreadable or its entries do not fit.
    """

    def __init__(self, name: str, extra_channels: int = 0, weights: str | os.PathLike[str] | None = None):
        super().__init__()
        self.net = _build(name, 3 + extra_channels)
        scale, offset = _input_change(self.net.pretrained_cfg, extra_channels)
        self.changes_input = scale is not None
        if self.changes_input:
            self.register_buffer("scale", scale, persistent=False)
            self.register_buffer("offset", offset, persistent=False)
        if weights is not None:
            self._load(_imagenet_state(name) if weights == "imagenet" else _file_state(name, weights), weights)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features of ImageNet-normalised images (N, C, H, W) at strides 16, 8 and 4, in this order."""
        if self.changes_input:
            images = torch.addcmul(self.offset, images, self.scale)
        r2, r3, r4 = self.net(images)
        return r4, r3, r2

    def _load(self, state: dict[str, Tensor], source: object) -> None:
        own = self.net.state_dict()
        # Files from before batch norm counted its batches lack these counters, which the trunk does not use.
        state = {name: value for name, value in own.items() if name.endswith("num_batches_tracked")} | state
        first = f"{self.net.pretrained_cfg['first_conv']}.weight"
        if first in state and own[first].shape[1] > 3:
            state[first] = torch.cat([state[first].to(own[first]), own[first][:, 3:]], dim=1)
        check_state_dict(state, own, f"backbone weights {source}")
        self.net.load_state_dict(state)


def backbone_channels(name: str) -> tuple[int, int, int]:
    """Channels of a timm backbone at strides 4, 8 and 16.

    Raises:
        SettingsError: timm has no network of this name, or it lacks one of the strides.
    """
    # Only registered names: others ("hf-hub:...") would make timm download whatever a checkpoint asks for.
    if not isinstance(name, str) or not timm.is_model(name):
        raise SettingsError(
            f"timm has no backbone {name!r:.80}; use a name of timm.list_models(), such as 'resnet50', 'resnet18' or "
            "'tf_efficientnet_lite2'"
        )
    info = _feature_info(name)
    return tuple(info.channels(index) for index in _stride_indices(name))


@functools.lru_cache(maxsize=32)
def _feature_info(name: str) -> Any:
    try:
        with torch.device("meta"):
            return timm.create_model(name, features_only=True).feature_info
    # Networks without stages raise whatever their constructor stumbles over.
    except (RuntimeError, TypeError, AttributeError, AssertionError) as error:
        raise SettingsError(
            f"backbone {name} gives no features by stride ({error}); use another timm backbone"
        ) from error


def _stride_indices(name: str) -> tuple[int, ...]:
    reductions = _feature_info(name).reduction()
    if any(reductions.count(stride) != 1 for stride in STRIDES):
        raise SettingsError(
            f"backbone {name} has features at strides {', '.join(map(str, reductions))}; DMB needs 4, 8 and 16"
        )
    return tuple(reductions.index(stride) for stride in STRIDES)


def _build(name: str, in_channels: int) -> Any:
    backbone_channels(name)
    net = timm.create_model(name, features_only=True, out_indices=_stride_indices(name), in_chans=in_channels)
    last_module = net.feature_info.get_dicts()[-1]["module"]
    # timm's EfficientNets and MobileNets keep, and run, the stages behind the last one that is asked for.
    if last_module.startswith("blocks."):
        del net.blocks[int(last_module.split(".")[1]) + 1 :]
    return net


def _input_change(pretrained: dict[str, Any], extra_channels: int) -> tuple[Tensor | None, Tensor | None]:
    """Scale and offset (1, C, 1, 1) from ImageNet's normalisation to that of the weights; None where it is the same."""
    if tuple(pretrained["mean"]) == IMAGENET_MEAN and tuple(pretrained["std"]) == IMAGENET_STD:
        return None, None
    pairs = zip(IMAGENET_MEAN, IMAGENET_STD, pretrained["mean"], pretrained["std"], strict=True)
    scale_and_offset = [(ours_std / std, (ours_mean - mean) / std) for ours_mean, ours_std, mean, std in pairs]
    scale_and_offset += [(1.0, 0.0)] * extra_channels
    # On the host even where the network is built on the meta device: no state dict fills these two later.
    numbers = torch.tensor(scale_and_offset, device="cpu").T[:, None, :, None, None]
    return numbers[0], numbers[1]


def _file_state(name: str, path: str | os.PathLike[str]) -> dict[str, Tensor]:
    state = check_state_tensors(read_tensor_file(path), path)
    with torch.device("meta"):
        whole = set(timm.create_model(name).state_dict())
        trunk = set(_build(name, 3).state_dict())
    return {entry: value for entry, value in state.items() if entry not in whole - trunk}


def _imagenet_state(name: str) -> dict[str, Tensor]:
    """Weights that timm downloads once, by their hash, to the hub's cache."""
    tagged = f"{name}.{PRETRAINED_TAGS[name]}" if name in PRETRAINED_TAGS else name
    try:
        net = timm.create_model(tagged, pretrained=True, features_only=True, out_indices=_stride_indices(name))
    # The hub's client raises a dozen kinds of error where there is no network, no weights, no room.
    except Exception as error:
        raise CheckpointError(
            f"the ImageNet weights of {name} cannot be downloaded ({str(error).splitlines()[0]:.200}); give a file "
            "with timm's names (backbone_weights=FILE), or train from scratch (backbone_weights=none)"
        ) from error
    trunk = set(_build(name, 3).state_dict())
    return {entry: value for entry, value in net.state_dict().items() if entry in trunk}
