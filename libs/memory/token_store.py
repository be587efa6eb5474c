"""Where tokens of remembered frames are: in a buffer written in place, or in tensors that gradients flow through."""

from typing import Protocol

import torch
from torch import Tensor


class TokenStore(Protocol):
    """Keys and values of remembered frames, each in a slot; slots fill up in order and can be overwritten."""

    def clear(self, capacity: int) -> None:
        """Forget everything and make room for `capacity` frames."""
        ...

    def write(self, slot: int, key: Tensor, value: Tensor) -> None:
        """Put a frame's key (N, hw, Ck) and value (N, hw, Cv) into a slot."""
        ...

    def at(self, slot: int) -> tuple[Tensor, Tensor]:
        """Key and value in a slot, as written."""
        ...

    def read(self, count: int) -> tuple[Tensor, Tensor]:
        """Keys (N, count*hw, Ck) and values (N, count*hw, Cv) of the first `count` slots, slot after slot."""
        ...


class BufferedTokens:
    """One target's frames in a buffer, written in place and read as a view without copies: for tracking."""

    def __init__(self) -> None:
        self._keys, self._values = torch.empty(0), torch.empty(0)

    def clear(self, capacity: int) -> None:
        """Keep the buffer; it changes only when a frame of another shape, type or device is written to slot 0."""
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
    """Tokens with 0 for values that are not finite (fp16 ends at 65504), which would spoil all later frames."""
    return tokens.nan_to_num(nan=0, posinf=0, neginf=0)


class DifferentiableTokens:
    """The frames of a batch of N targets as computed, joined when read: for training."""

    def __init__(self) -> None:
        self._frames: list[tuple[Tensor, Tensor]] = []

    def clear(self, capacity: int) -> None:
        """See `TokenStore`; room is made on demand."""
        self._frames = []

    def write(self, slot: int, key: Tensor, value: Tensor) -> None:
        """See `TokenStore`; overwrites nothing that autograd may need."""
        self._frames[slot : slot + 1] = [(key, value)]

    def at(self, slot: int) -> tuple[Tensor, Tensor]:
        """See `TokenStore`."""
        return self._frames[slot]

    def read(self, count: int) -> tuple[Tensor, Tensor]:
        """See `TokenStore`."""
        keys, values = zip(*self._frames[:count], strict=True)
        return torch.cat(keys, dim=1), torch.cat(values, dim=1)
