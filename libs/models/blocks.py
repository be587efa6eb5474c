"""The residual block of decoder and light memory encoder."""

import torch.nn.functional as F
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Pre-activation residual block, x + conv(relu(conv(relu(x)))), of 3x3 convolutions.

    Args:
        channels: of the input.
        out_channels: of the output; if it differs, a 3x3 convolution replaces the identity.
    """

    def __init__(self, channels: int, out_channels: int | None = None):
        super().__init__()
        out_channels = out_channels or channels
        self.conv1 = nn.Conv2d(channels, out_channels, 3, padding=1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.shortcut = nn.Identity() if out_channels == channels else nn.Conv2d(channels, out_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, h, w) -> (N, C', h, w)."""
        return self.shortcut(x) + self.conv2(F.relu(self.conv1(F.relu(x))))
