"""The processes of a training run: each process's rank and device, and sums over all processes."""

import dataclasses
import os
from collections.abc import Iterable
from typing import Any, Literal, get_args

import torch
import torch.distributed as dist

from libs.utils.errors import SettingsError

DeviceChoice = Literal["auto", "cuda", "cpu"]
DEVICES = get_args(DeviceChoice)


@dataclasses.dataclass(frozen=True)
class World:
    """One training process among others.

    Attributes:
        device: torch.device of this process.
        rank: number of this process, 0 .. processes - 1; 0 writes files.
        processes: number of processes on all machines.
    """

    device: torch.device
    rank: int = 0
    processes: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process writes checkpoints, TensorBoard and the progress bar."""
        return self.rank == 0

    def sum(self, values: Iterable[float | torch.Tensor]) -> list[float]:
        """Sums over all processes of a list of numbers, as a list of floats."""
        if self.processes == 1:
            return [float(value) for value in values]
        total = torch.tensor([float(value) for value in values], dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        return total.tolist()

    def any(self, flag: float) -> bool:
        """Whether the flag is set in any process."""
        return self.sum([flag])[0] > 0

    def gather(self, value: Any) -> list[Any]:
        """Each process's value, by rank; all processes must call this together."""
        values = [value] * self.processes
        if self.processes > 1:
            dist.all_gather_object(values, value)
        return values

    def barrier(self) -> None:
        """Wait for all processes."""
        if self.processes > 1:
            dist.barrier()


def join_world(device: str = "auto") -> World:
    """Join the processes that torchrun started, or run as a single process.

    Args:
        device: 'cuda', 'cpu', or 'auto': a GPU if there is one.

    Returns:
        World.

    Raises:
        SettingsError: the device is none of these, or there is no such GPU.
    """
    processes, local_rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("LOCAL_RANK", 0))
    own = _own_device(device, local_rank)
    if processes == 1:
        return World(own)
    if own.type == "cuda":
        torch.cuda.set_device(own)
    dist.init_process_group("nccl" if own.type == "cuda" else "gloo")
    return World(own, dist.get_rank(), processes)


def leave_world() -> None:
    """Leave the process group, if there is one."""
    if dist.is_initialized():
        dist.destroy_process_group()


def _own_device(device: str, local_rank: int) -> torch.device:
    if device not in DEVICES:
        raise SettingsError(f"device is {device!r}; use one of {', '.join(DEVICES)}")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        return torch.device("cpu")
    if local_rank >= torch.cuda.device_count():
        raise SettingsError(
            f"process {local_rank} of this machine has no GPU: {torch.cuda.device_count()} are visible. Start fewer "
            "processes, or use --device cpu"
        )
    return torch.device("cuda", local_rank)
