"""What would wait for a GPU, counted on a CPU: the numbers of tensors that the host asks for."""

import pytest
import torch

READINGS = ("cpu", "tolist", "item", "__float__", "__int__", "__bool__", "__index__", "nonzero")


def count_readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of such calls from now on, a list that grows."""
    read: list[str] = []

    def counted(name: str):
        method = getattr(torch.Tensor, name)

        def reading(self, *arguments, **options):
            read.append(name)
            return method(self, *arguments, **options)

        return reading

    for name in READINGS:
        monkeypatch.setattr(torch.Tensor, name, counted(name))
    return read
