"""The appearance memory: keys and values of the first frame, of kept frames, and of the last one."""

import numpy as np


class Bank:
    """A fixed number of slots: the first frame's for ever, the last frame's, and kept ones, of which the oldest goes.

    Attributes:
        arrays: `bank_key` (T, hw, Ck), `bank_value` (T, hw, Cv) and `used` (T,), 1 where a frame is remembered.
    """

    def __init__(self, capacity: int, key: np.ndarray, value: np.ndarray):
        self.arrays = {
            "bank_key": np.zeros((capacity, *key.shape), np.float32),
            "bank_value": np.zeros((capacity, *value.shape), np.float32),
            "used": np.zeros(capacity, np.float32),
        }
        self._frames: list[int] = [0]
        self._kept: list[int] = []
        self._last: int | None = None
        self._write(0, key, value)

    def remember(self, number: int, keep: bool, key: np.ndarray, value: np.ndarray) -> None:
        """Remember frame `number`: in the place of the last one, until the next one comes or, if kept, is evicted."""
        slot = self._free_slot() if self._last is None else self._frames.index(self._last)
        self._frames[slot] = number
        self._write(slot, key, value)
        self._last = None if keep else number
        if keep:
            self._kept.append(number)

    def _free_slot(self) -> int:
        if len(self._frames) < len(self.arrays["used"]):
            self._frames.append(0)
            return len(self._frames) - 1
        return self._frames.index(self._kept.pop(0))

    def _write(self, slot: int, key: np.ndarray, value: np.ndarray) -> None:
        self.arrays["bank_key"][slot], self.arrays["bank_value"][slot] = key, value
        self.arrays["used"][slot] = 1
