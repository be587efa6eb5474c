"""Query encoder (image) and memory encoder (image and mask)."""

from typing import NamedTuple

import torch

from libs.models.backbone import ResNetTrunk


class QueryFeatures(NamedTuple):
    """What the query encoder gives: r4 (N, C4, S/16, S/16), r3 (N, C3, S/8, S/8), r2 (N, C2, S/4, S/4)."""

    r4: torch.Tensor
    r3: torch.Tensor
    r2: torch.Tensor


class QueryEncoder(ResNetTrunk):
    """Encodes the frame that is to be segmented; its stride-16 features are also the correlation filter's."""

    def __init__(self, backbone, weights=None):
        super().__init__(backbone, weights=weights)

    def forward(self, images):
        """Encode ImageNet-normalised images (N, 3, S, S) to `QueryFeatures`."""
        return QueryFeatures(*super().forward(images))


class MemoryEncoder(ResNetTrunk):
    """Encodes a frame with its object mask and background mask."""

    def __init__(self, backbone, weights=None):
        super().__init__(backbone, extra_channels=2, weights=weights)

    def forward(self, images, masks):
        """Encode images (N, 3, S, S) with object masks (N, S, S) in 0..1 to stride-16 features (N, C4, S/16, S/16)."""
        background = (1 - masks).clamp(0, 1)
        r4, _, _ = super().forward(torch.cat([images, masks[:, None], background[:, None]], dim=1))
        return r4
