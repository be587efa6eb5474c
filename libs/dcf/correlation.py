"""Correlation of many samples with one filter, and its transpose, as matrix products.

A convolution with a single output channel is mostly a weighted sum over channels: one product of the samples, as a
(positions x channels) matrix, with the filter's taps, and then a sum of shifted maps. That form and its transpose run
several times faster than the general convolution and its weight gradient.
"""

import torch.nn.functional as F

from libs.dcf.projection import channel_rows


class Correlation:
    """The linear map from a filter to its responses on fixed samples.

    The response has the samples' size: zero padding of half a kernel, and for an even kernel the last row and column
    dropped, so that response (i, j) of an even kernel is centred at the corner above and left of cell (i, j).

    Args:
        samples: (N, C, h, w), best channels last in memory.
        kernel_size: (height, width) of the filter.
    """

    def __init__(self, samples, kernel_size):
        self.shape = samples.shape
        self.rows = channel_rows(samples)
        self.kernel_size = tuple(kernel_size)
        self.padding = tuple(side - 1 - side // 2 for side in kernel_size)
        self.dropped = tuple(1 - side % 2 for side in kernel_size)

    def __call__(self, filter_):
        """(C, kh, kw) filter to (N, h, w) responses (cross-correlation, as in `conv2d`)."""
        n, c, h, w = self.shape
        per_tap = self.rows @ filter_.flip(1, 2).reshape(c, -1)
        full = (h + self.dropped[0], w + self.dropped[1])
        responses = F.fold(per_tap.view(n, h * w, -1).mT, full, self.kernel_size, padding=self.padding)
        return responses[:, 0, :h, :w]

    def transpose(self, responses):
        """(N, h, w) responses to (C, kh, kw): the adjoint, <self(f), r> = <f, self.transpose(r)>."""
        full = F.pad(responses, (0, self.dropped[1], 0, self.dropped[0]))
        per_tap = F.unfold(full[:, None], self.kernel_size, padding=self.padding)
        taps = self.rows.T @ per_tap.mT.reshape(self.rows.shape[0], -1)
        return taps.view(-1, *self.kernel_size).flip(1, 2)
