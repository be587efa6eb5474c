"""Devices by name."""

import torch

from libs.utils.errors import SettingsError


def find_device(name: str) -> torch.device:
    """The device of a name: cpu, cuda, cuda:1, mps, ...; 'auto' is a GPU where there is one, else the CPU.

    Raises:
        SettingsError: torch knows no such device, or there is none.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise SettingsError(f"device '{name}' cannot be used: {str(error).splitlines()[0]}") from error
    return device
