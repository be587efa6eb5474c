"""Strides of the network: pixels of the crop per cell of its features."""

STRIDES = (4, 8, 16)
"""Of the features that a backbone gives, in its order."""

STRIDE = STRIDES[-1]
"""Of the grid on which keys, values and the filter's features live."""
