"""Keys and values of the space-time memory."""

from torch import nn


class KeyValue(nn.Module):
    """Project stride-16 features to keys (what is compared) and values (what is read).

    One 3x3 convolution computes both: its first `key_dim` output channels are the key, the rest the value.
    """

    def __init__(self, in_channels, key_dim, value_dim):
        super().__init__()
        self.split_sizes = (key_dim, value_dim)
        self.conv = nn.Conv2d(in_channels, key_dim + value_dim, 3, padding=1)

    def forward(self, r4):
        """Features (N, C, h, w) -> key (N, h*w, Ck), value (N, h*w, Cv); token = row * w + column."""
        return self.conv(r4).flatten(2).transpose(1, 2).split(self.split_sizes, dim=2)
