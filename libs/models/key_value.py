"""Keys and values of the space-time memory."""

from torch import Tensor, nn


class KeyValue(nn.Module):
    """Projects stride-16 features to keys (which are compared) and values (which are read).

    One 3x3 convolution computes both: its first `key_dim` output channels are the key, the rest the value.

    Args:
        in_channels: of the features.
        key_dim: channels of the keys.
        value_dim: channels of the values.
        orthogonal: start with orthogonal filters for the key, so that each compares something different.
    """

    def __init__(self, in_channels: int, key_dim: int, value_dim: int, orthogonal: bool = False):
        super().__init__()
        self.split_sizes = (key_dim, value_dim)
        self.conv = nn.Conv2d(in_channels, key_dim + value_dim, 3, padding=1)
        if orthogonal:
            nn.init.orthogonal_(self.conv.weight.data[:key_dim].view(key_dim, -1))
            assert self.conv.bias is not None
            nn.init.zeros_(self.conv.bias.data[:key_dim])

    def forward(self, r4: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, C, h, w) -> key (N, h*w, Ck), value (N, h*w, Cv); token = row * w + column."""
        key, value = self.conv(r4).flatten(2).transpose(1, 2).split(self.split_sizes, dim=2)
        return key, value
