"""Where tokens of remembered frames lie: a buffer that is written in place, or tensors that gradients flow through."""

from typing import Protocol

import torch
from torch import Tensor


class TokenStore(Protocol):
    """Keys and values of remembered frames, each in a slot; slots are filled in order, and can be written again."""

    def clear(self, capacity: int) -> None:
        """Forget everything and make room for `capacity` frames."""
        ...

    def write(self, slot: int, key: Tensor, value: Tensor) -> None:
        """Put a frame's key (N, hw, Ck) and value (N, hw, Cv) into a slot."""
        ...

    def at(self, slot: int) -> tuple[Tensor, Tensor]:
        """Key and value in a slot, as they were written."""
        ...

    def read(self, count: int) -> tuple[Tensor, Tensor]:
        """Keys (N, count*hw, Ck) and values (N, count*hw, Cv) of the first `count` slots, slot after slot."""
        ...


class BufferedTokens:
    """One target's frames in a buffer that is written in place and read as a view, without copies: for tracking."""

    def __init__(self) -> None:
        self._keys, self._values = torch.empty(0), torch.empty(0)

    def clear(self, capacity: int) -> None:
        """The buffer is kept; it changes only where a frame of other shape, type or device is written to slot 0."""
        self._capacity = capacity

    def write(self, slot: int, key: Tensor, value: Tensor) -> None:
        """See `TokenStore`; N is 1."""
        if slot == 0:
            self._keys, self._values = self._fitting(self._keys, key), self._fitting(self._values, value)
        self._keys[slot], self._values[slot] = finite(key[0]), finite(value[0])

    def at(self, slot: int) -> tuple[Tensor, Tensor]:
        """See `TokenStore`."""
        return self._keys[slot : slot + 1], self._values[slot : slot + 1]

    def read(self, count: int) -> tuple[Tensor, Tensor]:
        """See `TokenStore`; views."""
        return self._keys[:count].flatten(0, 1).unsqueeze(0), self._values[:count].flatten(0, 1).unsqueeze(0)

    def _fitting(self, buffer: Tensor, tensor: Tensor) -> Tensor:
        shape = (self._capacity, *tensor.shape[1:])
        if buffer.shape == shape and buffer.dtype == tensor.dtype and buffer.device == tensor.device:
            return buffer
        return tensor.new_empty(shape)


def finite(tokens: Tensor) -> Tensor:
    """Tokens with 0 for what is not finite (numbers of fp16 end at 65504), which all later frames would read."""
    return tokens.nan_to_num(nan=0, posinf=0, neginf=0)


class DifferentiableTokens:
    """The frames of a batch of N targets as they were computed, joined when they are read: for training."""

    def __init__(self) -> None:
        self._frames: list[tuple[Tensor, Tensor]] = []

    def clear(self, capacity: int) -> None:
        """See `TokenStore`; room is made when it is needed."""
        self._frames = []

    def write(self, slot: int, key: Tensor, value: Tensor) -> None:
        """See `TokenStore`; nothing that autograd may need is written over."""
        self._frames[slot : slot + 1] = [(key, value)]

    def at(self, slot: int) -> tuple[Tensor, Tensor]:
        """See `TokenStore`."""
        return self._frames[slot]

    def read(self, count: int) -> tuple[Tensor, Tensor]:
        """See `TokenStore`."""
        keys, values = zip(*self._frames[:count], strict=True)
        return torch.cat(keys, dim=1), torch.cat(values, dim=1)
