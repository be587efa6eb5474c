"""Devices by name, and readings from them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from libs.utils.errors import SettingsError


def find_device(name: str) -> torch.device:
    """The device with a name: cpu, cuda, cuda:1, mps, ...; 'auto' is a GPU if there is one, else the CPU.

    Raises:
        SettingsError: torch does not know the device, or this machine lacks it.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise SettingsError(f"device '{name}' cannot be used: {str(error).splitlines()[0]}") from error
    return device


def has_float64(device: torch.device) -> bool:
    """Whether a device supports float64; Apple's GPUs do not."""
    return device.type != "mps"


def read_back(groups: Sequence[Sequence[Tensor]]) -> list[list[np.ndarray]]:
    """Copy groups of float32 tensors to arrays; joined first, to wait for the device only once."""
    tensors = [tensor for group in groups for tensor in group]
    if not tensors:
        return [[] for _ in groups]
    numbers = torch.cat([tensor.flatten() for tensor in tensors]).cpu().numpy()
    parts = iter(np.split(numbers, np.cumsum([tensor.numel() for tensor in tensors])[:-1]))
    return [[next(parts).reshape(tensor.shape) for tensor in group] for group in groups]
