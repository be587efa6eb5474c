"""Selects the clips that a process loads; a clip's content depends only on its key, not on who loads it, or when."""

from collections.abc import Iterator
from typing import NamedTuple

import torch

from ltr.admin.settings import TrainSettings


class ClipKey(NamedTuple):
    """Names a clip: its epoch, its number in the epoch, and the largest frame gap."""

    epoch: int
    index: int
    frame_gap: int


class ClipSampler(torch.utils.data.Sampler):
    """The keys of one process, batch by batch; may start in the middle of an epoch.

    A step of all processes takes the next `processes * batch_size` clips of the epoch, each process a run of
    `batch_size` of them: the clips of a step do not depend on how many processes share them.

    Args:
        settings: TrainSettings; clips_per_epoch must be divisible by processes * batch_size.
        rank: number of this process.
        processes: number of processes.
    """

    def __init__(self, settings: TrainSettings, rank: int = 0, processes: int = 1):
        self._settings = settings
        self._rank, self._processes = rank, processes
        self.epoch, self.position, self.frame_gap = 1, 0, settings.frame_gap

    def __iter__(self) -> Iterator[ClipKey]:
        batch = self._settings.batch_size
        for start in range(self.position + self._rank * batch, self._settings.clips_per_epoch, batch * self._processes):
            for index in range(start, start + batch):
                yield ClipKey(self.epoch, index, self.frame_gap)

    def __len__(self) -> int:
        return (self._settings.clips_per_epoch - self.position) // self._processes

    def advance(self, steps: int) -> None:
        """Record that all processes have used this many batches."""
        self.position += steps * self._settings.batch_size * self._processes

    def next_epoch(self) -> None:
        """Go to the start of the next epoch; the frame gap grows when it is due."""
        if self.epoch % self._settings.frame_gap_every == 0:
            self.frame_gap = min(self.frame_gap + self._settings.frame_gap_step, self._settings.frame_gap_max)
        self.epoch, self.position = self.epoch + 1, 0

    def state_dict(self) -> dict[str, int]:
        """Epoch (from 1) and position in it, in clips that all processes have used."""
        return {"epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: dict[str, int], frame_gap: int) -> None:
        """Continue from where `state_dict` was taken, with the frame gap of that moment."""
        self.epoch, self.position, self.frame_gap = state["epoch"], state["position"], frame_gap
