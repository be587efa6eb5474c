"""Strides of the network: pixels of the crop per cell of its features."""

STRIDES = (4, 8, 16)
"""Strides of the features that a backbone returns, in its order."""

STRIDE = STRIDES[-1]
"""Stride of the grid of keys, values and the filter's features."""
