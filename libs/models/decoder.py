"""The decoder: turns what was read from memory into two logits per pixel."""

import torch.nn.functional as F
from torch import Tensor, nn

from libs.models.blocks import ResidualBlock
from libs.models.strides import STRIDE


class Refinement(nn.Module):
    """Doubles the resolution with the encoder's features at the finer stride."""

    def __init__(self, skip_channels: int, channels: int):
        super().__init__()
        self.skip_conv = nn.Conv2d(skip_channels, channels, 3, padding=1)
        self.skip_block = ResidualBlock(channels)
        self.block = ResidualBlock(channels)

    def forward(self, skip: Tensor, x: Tensor) -> Tensor:
        """Skip (N or 1, Cs, 2h, 2w), coarse x (N, C, h, w) -> (N, C, 2h, 2w)."""
        fine = self.skip_block(self.skip_conv(skip))
        return self.block(fine + F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False))


class Decoder(nn.Module):
    """Decodes memory read and query value to logits at stride 4, refined at strides 8 and 4.

    Args:
        value_dim: channels of the values; the input has twice as many.
        skip_channels: channels of the query features at strides 4 and 8.
        channels: width of the decoder.
    """

    def __init__(self, value_dim: int, skip_channels: tuple[int, int], channels: int):
        super().__init__()
        stride4_channels, stride8_channels = skip_channels
        self.input_conv = nn.Conv2d(2 * value_dim, channels, 3, padding=1)
        self.input_block = ResidualBlock(channels)
        self.refine8 = Refinement(stride8_channels, channels)
        self.refine4 = Refinement(stride4_channels, channels)
        self.predict = nn.Conv2d(channels, 2, 3, padding=1)

    def forward(self, read: Tensor, r3: Tensor, r2: Tensor, location: Tensor) -> Tensor:
        """Decode.

        Args:
            read: (N, 2*Cv, S/16, S/16), memory read and query value.
            r3: (N or 1, C3, S/8, S/8).
            r2: (N or 1, C2, S/4, S/4).
            location: (S, S) or (N, S, S) location map; sampled at every 16th pixel, from pixel 0 on.

        Returns:
            Logits (N, 2, S/4, S/4); channel 1 is the target.
        """
        x = self.input_block(self.input_conv(read))
        x = x + location[..., None, ::STRIDE, ::STRIDE].to(x.dtype)
        x = self.refine4(r2, self.refine8(r3, x))
        return self.predict(F.relu(x))
