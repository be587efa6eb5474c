"""How images of more than 8 bits become 8: as they are if they fill their range, else all frames equally stretched.

A thermal camera writes 16 bits, and a scene fills a few hundred levels; divided by 257, nothing would be left of it.
"""

import dataclasses
import functools
import logging
from collections.abc import Callable

import numpy as np

TAIL = 0.01
"""Per cent of the first frame's values ignored at either end: enough for dead pixels, too few for a small target."""
MARGIN = 0.05
"""Fraction of the range of values added at either end: later frames never quite stay in the first one's range."""
FULL_RANGES = (1.0, 255.0, 65535.0)
LEAST_SHARE = 0.25
"""Fraction of its full range that an image must fill to be taken as it is."""


@dataclasses.dataclass(frozen=True)
class Tones:
    """The values that become 0 and 255; values between are mapped linearly, those beyond are clipped."""

    low: float
    high: float

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Values of any type and shape as uint8; those that are not finite count as the lowest."""
        scale = 255 / (self.high - self.low)
        scaled = (np.nan_to_num(values.astype(np.float32), nan=self.low) - self.low) * scale
        return np.round(np.clip(scaled, 0, 255)).astype(np.uint8)


def measure_tones(values: np.ndarray) -> tuple[Tones, bool]:
    """The tones for an image, and whether these stretch it.

    Args:
        values: (H, W) or (H, W, 3), integers or floating point.
    """
    finite = values[np.isfinite(values)]
    low, high = map(float, np.percentile(finite, (TAIL, 100 - TAIL))) if finite.size else (0.0, 0.0)
    ranges = FULL_RANGES if values.dtype.kind == "f" else FULL_RANGES[-1:]
    full = next((top for top in ranges if high <= top), None)
    fills = full is not None and low >= 0 and high - low >= LEAST_SHARE * full
    if fills or high <= low:
        return Tones(0.0, full or max(high, 1.0)), False
    margin = MARGIN * (high - low)
    return Tones(low - margin, high + margin), True


@functools.lru_cache(maxsize=64)
def sequence_tones(first: str, read: Callable[[str], np.ndarray | None]) -> Tones:
    """The tones of a whole sequence, measured once, with a note if they stretch it.

    Args:
        first: path of its first image.
        read: returns the values of an image of more than 8 bits, None for one of 8.
    """
    values = read(first)
    if values is None:
        return Tones(0.0, FULL_RANGES[-1])
    tones, stretched = measure_tones(values)
    if stretched:
        logging.warning(
            "%s: its values from %.6g to %.6g are stretched to 0..255, here and in the frames after it",
            *(first, tones.low, tones.high),
        )
    return tones
