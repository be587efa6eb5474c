"""Backbones from timm: any of its networks with strides 4, 8 and 16, cut after stride 16."""

import functools
from typing import Any

import timm
import torch
from torch import Tensor, nn

from libs.models.efficientnet_names import is_efficientnet_pytorch, with_timm_names
from libs.models.same_padding import fix_same_padding
from libs.models.strides import STRIDES
from libs.utils.errors import CheckpointError, SettingsError

PRETRAINED_TAGS = {"resnet18": "tv_in1k", "resnet34": "tv_in1k", "resnet50": "tv2_in1k", "resnet101": "tv2_in1k"}
"""ImageNet weights that a name without a tag stands for if they are not timm's default: torchvision's."""


class TimmBackbone:
    """One of timm's networks as a source of trunks; see `OwnBackbone`, the other kind.

    Args:
        name: such as 'resnet50' or 'tf_efficientnet_lite2'.

    Raises:
        SettingsError: timm has no network of this name, or it lacks one of the strides.
    """

    def __init__(self, name: str):
        # Only registered names: others ("hf-hub:...") would make timm download whatever a checkpoint asks for.
        if not isinstance(name, str) or not timm.is_model(name):
            raise SettingsError(
                f"timm has no backbone {name!r:.80}; use a name of timm.list_models(), such as 'resnet50', 'resnet18' "
                "or 'tf_efficientnet_lite2', or module:Class of your own"
            )
        self.name = name
        self._indices = _stride_indices(name)

    @property
    def normalization(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation per channel that its weights were trained with, for colours in 0..1."""
        numbers: Any = timm.get_pretrained_cfg(self.name)
        return tuple(numbers.mean), tuple(numbers.std)

    def channels(self) -> tuple[int, int, int]:
        """Channels at strides 4, 8 and 16."""
        c2, c3, c4 = (_feature_info(self.name).channels(index) for index in self._indices)
        return c2, c3, c4

    def build(self, in_channels: int) -> nn.Module:
        """A new network with random weights."""
        net: Any = timm.create_model(self.name, features_only=True, out_indices=self._indices, in_chans=in_channels)
        last_module = net.feature_info.get_dicts()[-1]["module"]
        # timm's EfficientNets and MobileNets keep and run the stages after the last one requested.
        if last_module.startswith("blocks."):
            del net.blocks[int(last_module.split(".")[1]) + 1 :]
        fix_same_padding(net)
        return net

    def first_convolution(self, net: Any) -> str:
        """Name of the module of `net` that takes the image."""
        return net.pretrained_cfg["first_conv"]

    def trunk_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The entries of a whole network's file that belong to the trunk, or that timm does not know."""
        with torch.device("meta"):
            whole, trunk = timm.create_model(self.name).state_dict(), self.build(3).state_dict()
        if is_efficientnet_pytorch(state):
            state = with_timm_names(state, whole)
        later = set(whole) - set(trunk)
        return {entry: value for entry, value in state.items() if entry not in later}

    def imagenet_state(self) -> dict[str, Tensor]:
        """Weights that timm downloads once, by their hash, to the hub's cache. Raises CheckpointError if it cannot."""
        tagged = f"{self.name}.{PRETRAINED_TAGS[self.name]}" if self.name in PRETRAINED_TAGS else self.name
        try:
            net = timm.create_model(tagged, pretrained=True, features_only=True, out_indices=self._indices)
        # The hub's client raises a dozen kinds of error without network, weights or disk space.
        except Exception as error:
            raise CheckpointError(
                f"the ImageNet weights of {self.name} cannot be downloaded ({str(error).splitlines()[0]:.200}); give a "
                "file with timm's names (backbone_weights=FILE), or train from scratch (backbone_weights=none)"
            ) from error
        trunk = set(self.build(3).state_dict())
        return {entry: value for entry, value in net.state_dict().items() if entry in trunk}


@functools.lru_cache(maxsize=32)
def _feature_info(name: str) -> Any:
    try:
        with torch.device("meta"):
            return timm.create_model(name, features_only=True).feature_info
    # Networks without stages raise whatever error their constructor runs into.
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
