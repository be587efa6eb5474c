"""Counts on a CPU what would wait for a GPU: reads of tensors' values by the host."""

import pytest
import torch

READINGS = ("cpu", "tolist", "item", "__float__", "__int__", "__bool__", "__index__", "nonzero")


def count_readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of such calls from now on, as a growing list."""
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
