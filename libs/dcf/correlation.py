"""Correlation of many samples with one filter, and its transpose, as matrix products.

A convolution with a single output channel is mostly a weighted sum over channels: one product of the samples, as a
(positions x channels) matrix, with the filter's taps, then a sum of the taps' shifted maps. This form and its transpose
run 4 to 8 times faster on a CPU than the general convolution and its weight gradient.
"""

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor

from libs.dcf.projection import channel_rows


class Correlation:
    """The linear map from a filter to its responses on fixed samples.

    The response has the samples' size: it uses zero padding of half a kernel. For an even kernel, it drops the last row
    and column, so that response (i, j) is centred at the corner above and left of cell (i, j).

    Args:
        samples: (N, C, h, w), best channels last in memory.
        kernel_size: (height, width) of the filter.
    """

    def __init__(self, samples: Tensor, kernel_size: tuple[int, int]):
        n, _, h, w = samples.shape
        kh, kw = kernel_size
        self.rows = channel_rows(samples)
        self.kernel_size, self.shape = (kh, kw), (n, h, w)
        self.before, self.after = (kh - 1 - kh // 2, kw - 1 - kw // 2), (kh // 2, kw // 2)
        # Position of each tap's map in the responses, which are extended by `before` and `after`.
        self.places = [
            (slice(None), slice(kh - 1 - a, kh - 1 - a + h), slice(kw - 1 - b, kw - 1 - b + w))
            for a, b in itertools.product(range(kh), range(kw))
        ]

    def __call__(self, filter_: Tensor) -> Tensor:
        """(C, kh, kw) filter to (N, h, w) responses (cross-correlation, as in `conv2d`)."""
        n, h, w = self.shape
        maps = (self.rows @ filter_.flatten(1)).T.reshape(-1, n, h, w)
        extended = maps.new_zeros(n, h + self.kernel_size[0] - 1, w + self.kernel_size[1] - 1)
        for place, tap_map in zip(self.places, maps, strict=True):
            extended[place] += tap_map
        top, left = self.before
        return extended[:, top : top + h, left : left + w]

    def transpose(self, responses: Tensor) -> Tensor:
        """(N, h, w) responses to (C, kh, kw): the adjoint, <self(f), r> = <f, self.transpose(r)>."""
        (top, left), (bottom, right) = self.before, self.after
        extended = F.pad(responses, (left, right, top, bottom))
        maps = torch.stack([extended[place] for place in self.places])
        taps = maps.flatten(1) @ self.rows
        return taps.T.reshape(-1, *self.kernel_size)
