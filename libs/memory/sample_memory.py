"""The samples that the filter learns from, weighted by age."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor


class SampleMemory:
    """Holds a fixed number of samples and labels; a new one replaces the one with the least weight.

    The weights are computed on the host in float64: they depend on the learning rates alone, so nothing is read back.
    Nothing protects the first frame's samples: once the memory is full they are replaced like any other, least weight
    first (fault 20 of the released tracker, kept because its published numbers depend on it). With 27 initial samples
    and the default learning rate that happens from the 438th sample on, earlier after hard negatives. The filter can
    thus forget the first frame; the appearance memory never does.

    Args:
        capacity: number of samples, >= the number of initial ones.

    Attributes:
        count: samples stored.
        weights: (capacity,) float64 NumPy array, sum 1; 0 for empty entries.
        numbers: (capacity,) int64 NumPy array, the frames that the entries come from; 0: the first.
    """

    def __init__(self, capacity: int):
        self.capacity = capacity
        self.count = 0
        self.weights = np.zeros(capacity)
        self.numbers = np.zeros(capacity, dtype=np.int64)
        self._samples, self._labels = torch.empty(0), torch.empty(0)
        self._last: int | None = None

    def reset(self, samples: Tensor, labels: Tensor) -> None:
        """Start again with (N, C, h, w) samples and (N, h, w) labels of equal weight; keep the storage if it fits."""
        self._allocate(samples, labels)
        self.count = len(samples)
        self._samples[: self.count] = samples
        self._labels[: self.count] = labels
        self.weights[:] = 0
        self.weights[: self.count] = 1 / self.count
        self.numbers[:] = 0
        self._last = None

    def _allocate(self, samples: Tensor, labels: Tensor) -> None:
        shape = (self.capacity, *samples.shape[1:])
        if self._samples.shape != shape or self._samples.dtype != samples.dtype:
            # Channels last: the stored samples are then a (positions x channels) matrix without a copy.
            self._samples = samples.new_zeros(shape).to(memory_format=torch.channels_last)
            self._labels = labels.new_zeros((self.capacity, *labels.shape[1:]))

    def add(self, sample: Tensor, label: Tensor, learning_rate: float, number: int = 0) -> int:
        """Store a (C, h, w) sample and its (h, w) label.

        Its weight is `learning_rate` if it is the first after `reset`, else that of the sample stored before it divided
        by 1 - `learning_rate`; then all weights are divided by their sum (ATOM's exponential forgetting).

        Args:
            sample: (C, h, w).
            label: (h, w).
            learning_rate: in (0, 1).
            number: of the frame.

        Returns:
            Index of the overwritten entry: the first of those with the least weight.
        """
        index = int(self.weights.argmin())
        if self._last is None:
            self.weights /= 1 - learning_rate
            self.weights[index] = learning_rate
        else:
            self.weights[index] = self.weights[self._last] / (1 - learning_rate)
        self.weights /= self.weights.sum()
        self._store(index, sample, label, number)
        self._last = index
        return index

    def add_correction(self, sample: Tensor, label: Tensor, share: float, number: int) -> None:
        """Store a (C, h, w) sample and its (h, w) label with a `share` of all weight, in (0, 1).

        It does not change the weights of later samples, which follow from that of the last ordinary one.
        """
        index = int(self.weights.argmin())
        self.weights[index] = 0
        self.weights *= (1 - share) / self.weights.sum()
        self.weights[index] = share
        self._store(index, sample, label, number)

    def forget_since(self, number: int) -> None:
        """Set the weights of samples from frame `number` (1 or more) on to zero, corrections included."""
        forgotten = self.numbers >= max(1, number)
        if not forgotten.any():
            return
        self.weights[forgotten] = 0
        self.weights /= self.weights.sum()
        self.numbers[forgotten] = 0
        if self._last is not None and forgotten[self._last]:
            # The next sample gets the weight of a first one after a reset.
            self._last = None

    def _store(self, index: int, sample: Tensor, label: Tensor, number: int) -> None:
        self._samples[index], self._labels[index], self.numbers[index] = sample, label, number
        self.count = max(self.count, index + 1)

    def mark(self) -> Any:
        """The state that the next `add` changes, for `return_to`."""
        index = int(self.weights.argmin())
        entry = index, self._samples[index].clone(), self._labels[index].clone()
        return self.count, self._last, self.weights.copy(), self.numbers.copy(), entry

    def return_to(self, mark: Any) -> None:
        """Return to a `mark`; since then at most one sample was added, and nothing else changed."""
        self.count, self._last, self.weights[:], self.numbers[:], (index, sample, label) = mark
        self._samples[index], self._labels[index] = sample, label

    def stored(self) -> tuple[Tensor, Tensor, Tensor]:
        """The stored (M, C, h, w) samples, (M, h, w) labels, both views, and (M,) weights on their device."""
        weights = torch.from_numpy(self.weights[: self.count]).to(self._samples, non_blocking=True, copy=True)
        return self._samples[: self.count], self._labels[: self.count], weights

    def state_dict(self) -> dict[str, Any]:
        """Everything stored, as tensors and numbers."""
        return {
            "samples": self._samples[: self.count].clone(),
            "labels": self._labels[: self.count].clone(),
            "weights": torch.tensor(self.weights),
            "numbers": torch.tensor(self.numbers),
            "last": self._last,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what `state_dict` returned, from a memory of this capacity."""
        self.reset(state["samples"], state["labels"])
        self.weights[:], self.numbers[:], self._last = state["weights"], state["numbers"], state["last"]
