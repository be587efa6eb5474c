"""Results of a whole video in memory: each mask takes a few hundred bytes."""

import dataclasses
import zlib

import numpy as np

from libs.utils.masks import unpack_mask
from pytracking.tracker.base.result import Result


class PackedResult:
    """A Result whose mask is compressed, without its debug picture.

    Attributes:
        result: without mask and debug picture.
    """

    def __init__(self, result: Result) -> None:
        self.result = dataclasses.replace(result, mask=None, debug=None)
        mask = result.mask
        self._mask = None if mask is None else (zlib.compress(np.packbits(mask).tobytes(), 1), mask.shape)

    @property
    def mask(self) -> np.ndarray | None:
        """(H, W) bool, or None where the tracker reported none."""
        if self._mask is None:
            return None
        data, shape = self._mask
        return unpack_mask(np.frombuffer(zlib.decompress(data), np.uint8), shape)

    def unpacked(self) -> Result:
        """The Result."""
        return dataclasses.replace(self.result, mask=self.mask)
