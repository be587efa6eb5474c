"""Backbones that are not timm's: a user's class, named by `module:Class` or by a package's entry point.

A package offers a backbone through an entry point of the group `dmb.backbones`:

    [project.entry-points."dmb.backbones"]
    birdnet = "birds.trunk:BirdNet"

A name may come from a checkpoint, and a checkpoint from a stranger must not choose what is imported. So `module:Class`
is only looked up among modules that are already imported; the setting `backbone` of training and tracking imports it.
"""

import functools
import importlib.metadata

import torch
from torch import Tensor, nn

from libs.models.strides import STRIDES
from libs.utils.crops import IMAGENET_MEAN, IMAGENET_STD
from libs.utils.errors import CheckpointError, SettingsError
from libs.utils.references import find_object, is_reference, require_imported

GROUP = "dmb.backbones"
PROBE = 64
"""Side of the image on which a backbone's strides and channels are measured."""


def is_own_backbone(name: str) -> bool:
    """Whether a name stands for a user's class, or for one that a package offers."""
    return is_reference(name) or name in _offered()


def import_backbone(name: str) -> type[nn.Module]:
    """Import the class that 'module:Class' names: only for names from the user, never from a file.

    Raises:
        SettingsError: it is not such a name, or the module or class does not exist.
    """
    if not isinstance(name, str) or not is_reference(name):
        raise SettingsError(f"backbone is {name!r:.80}; to use one of your own, give module:Class")
    return _checked(find_object(name, "backbone"), name)


class OwnBackbone:
    """A user's class as a source of trunks; see `TimmBackbone`, the other kind.

    Args:
        name: one with true `is_own_backbone`.

    Raises:
        SettingsError: its module has not been imported or has no such class, or it lacks one of the strides.
    """

    normalization = (IMAGENET_MEAN, IMAGENET_STD)

    def __init__(self, name: str):
        self.name = name
        self._class = _imported(name) if is_reference(name) else _checked(_offered()[name].load(), name)
        self._channels = _channels(self._class)

    def channels(self) -> tuple[int, int, int]:
        """Channels at strides 4, 8 and 16."""
        return self._channels

    def build(self, in_channels: int) -> nn.Module:
        """A new network with random weights."""
        return self._class(in_channels)

    def first_convolution(self, net: nn.Module) -> str:
        """Name of the module of `net` that takes the image."""
        return next(name for name, module in net.named_modules() if isinstance(module, nn.Conv2d))

    def trunk_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The entries of a file that belong to the trunk: all."""
        return state

    def imagenet_state(self) -> dict[str, Tensor]:
        """Raise CheckpointError: there is nothing to download."""
        raise CheckpointError(
            f"the backbone {self.name} has no ImageNet weights to download; give a file with its own names "
            "(backbone_weights=FILE), or train from scratch (backbone_weights=none)"
        )


@functools.lru_cache(maxsize=32)
def _channels(backbone: type[nn.Module]) -> tuple[int, int, int]:
    with torch.device("meta"):
        features = backbone(3).eval()(torch.zeros(1, 3, PROBE, PROBE))
    sound = isinstance(features, (tuple, list)) and all(isinstance(each, Tensor) for each in features)
    shapes = [tuple(each.shape) for each in features] if sound else type(features).__name__
    if not sound or [shape[2:] for shape in shapes] != [(PROBE // stride, PROBE // stride) for stride in STRIDES]:
        raise SettingsError(
            f"backbone {backbone.__name__} gives {shapes} for an image of {PROBE} x {PROBE}; DMB needs features "
            "(N, C, H, W) at strides 4, 8 and 16, in this order"
        )
    c2, c3, c4 = (each.shape[1] for each in features)
    return c2, c3, c4


@functools.cache
def _offered() -> dict[str, importlib.metadata.EntryPoint]:
    return {point.name: point for point in importlib.metadata.entry_points(group=GROUP)}


def _imported(name: str) -> type[nn.Module]:
    way = f"name it (--set backbone={name}), or install a package that offers it by an entry point of the group {GROUP}"
    require_imported(name, "backbone", way)
    return import_backbone(name)


def _checked(found: object, name: str) -> type[nn.Module]:
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise SettingsError(
            f"{name} is no backbone: write a torch.nn.Module that is built from a number of input channels and gives "
            "features at strides 4, 8 and 16"
        )
    return found
