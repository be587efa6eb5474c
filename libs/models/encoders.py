"""Query encoder (image) and the two memory encoders (image and mask): the paper's full one, and a light one."""

import os

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libs.models.backbone import Backbone
from libs.models.blocks import ResidualBlock

LIGHT_WIDTH = 32
"""Channels of the light encoder at stride 4; doubled at strides 8 and 16."""


class QueryEncoder(Backbone):
    """Encodes a frame; its stride-16 features are also the correlation filter's."""


class FullMemoryEncoder(Backbone):
    """Encodes a frame with its object mask and background mask in a separate backbone (the paper's)."""

    def __init__(self, backbone: str, weights: str | os.PathLike[str] | None = None):
        super().__init__(backbone, extra_channels=2, weights=weights)

    def forward(self, images: Tensor, masks: Tensor) -> Tensor:
        """Encode images (N, 3, S, S) with object masks (N, S, S) in 0..1 to stride-16 features (N, C4, S/16, S/16)."""
        background = (1 - masks).clamp(0, 1)
        r4, _, _ = super().forward(torch.cat([images, masks[:, None], background[:, None]], dim=1))
        return r4


class LightMemoryEncoder(nn.Module):
    """Encodes masks, joined at each stride by the query encoder's features of the same crop.

    The image is not encoded a second time, as in Cheng et al., "Rethinking Space-Time Networks with Improved Memory
    Coverage", 2021.

    Args:
        channels: of the query encoder's features at strides 4, 8 and 16.
        value_dim: channels of the values.
    """

    def __init__(self, channels: tuple[int, int, int], value_dim: int):
        super().__init__()
        c2, c3, c4 = channels
        width = LIGHT_WIDTH
        self.mask_conv, self.skip4 = nn.Conv2d(2, width, 7, stride=4, padding=3), nn.Conv2d(c2, width, 1)
        self.block4 = ResidualBlock(width)
        self.down8, self.skip8 = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1), nn.Conv2d(c3, 2 * width, 1)
        self.block8 = ResidualBlock(2 * width)
        self.down16 = nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1)
        self.block16 = nn.Sequential(ResidualBlock(4 * width + c4, value_dim), ResidualBlock(value_dim))

    def forward(self, masks: Tensor, r4: Tensor, r3: Tensor, r2: Tensor) -> Tensor:
        """Values (N, Cv, S/16, S/16) of object masks (N, S, S) in 0..1, given the features of N crops or of one."""
        masks = masks[:, None]
        x = self.block4(self.mask_conv(torch.cat([masks, 1 - masks], dim=1)) + self.skip4(r2))
        x = self.block8(self.down8(F.relu(x)) + self.skip8(r3))
        x = self.down16(F.relu(x))
        return self.block16(torch.cat([x, r4.expand(len(x), -1, -1, -1)], dim=1))
