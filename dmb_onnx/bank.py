"""The appearance memory: keys and values of the first frame, of kept frames, and of the last one."""

import collections

import numpy as np


class Bank:
    """A fixed number of slots: the first frame keeps its own, the last frame has one, kept frames share the others.

    Attributes:
        arrays: `bank_key` (T, hw, Ck), `bank_value` (T, hw, Cv) and `used` (T,), 1 where a frame is remembered.
    """

    def __init__(self, capacity: int, key: np.ndarray, value: np.ndarray):
        self.arrays = {
            "bank_key": np.zeros((capacity, *key.shape), np.float32),
            "bank_value": np.zeros((capacity, *value.shape), np.float32),
            "used": np.zeros(capacity, np.float32),
        }
        self._kept: collections.deque[int] = collections.deque()
        self._last: int | None = None
        self._write(0, key, value)

    def remember(self, keep: bool, key: np.ndarray, value: np.ndarray) -> None:
        """Remember a frame until the next one comes or, if it is kept, until it is the oldest and room is needed."""
        slot = self._free_slot() if self._last is None else self._last
        self._write(slot, key, value)
        self._last = None if keep else slot
        if keep:
            self._kept.append(slot)

    def _free_slot(self) -> int:
        free = np.flatnonzero(self.arrays["used"] == 0)
        return int(free[0]) if free.size else self._kept.popleft()

    def _write(self, slot: int, key: np.ndarray, value: np.ndarray) -> None:
        self.arrays["bank_key"][slot], self.arrays["bank_value"][slot] = key, value
        self.arrays["used"][slot] = 1
