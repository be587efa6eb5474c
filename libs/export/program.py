"""The description of a function to export: its module, its shapes, and inputs to check it with."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

Shape = tuple[int | str, ...]
"""A shape of numbers, and of names for sizes that may change."""


@dataclasses.dataclass(frozen=True)
class Program:
    """A function to export and all that is needed to trace, describe and check it.

    Attributes:
        name: of the program and its file.
        module: nn.Module that returns a tuple of tensors.
        examples: dicts of input name -> tensor, in the order of the module's arguments. The first is traced; they
            differ in the dynamic sizes.
        outputs: names of what the module returns.
        dynamic: input name -> {dimension: torch.export Dim}; all other sizes are fixed.
        tolerance: largest deviation of an output once read back, relative to the largest output if that is above 1.
    """

    name: str
    module: nn.Module
    examples: list[dict[str, Tensor]]
    outputs: tuple[str, ...]
    dynamic: Mapping[str, dict[int, Any]] = dataclasses.field(default_factory=dict)
    tolerance: float = 1e-4

    def run(self, inputs: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """The module's outputs for one of the examples."""
        with torch.inference_mode():
            return self.module(*inputs.values())

    def input_shapes(self) -> dict[str, Shape]:
        """Input name -> shape."""
        shapes = {}
        for name, tensor in self.examples[0].items():
            sizes = {axis: size.__name__ for axis, size in self.dynamic.get(name, {}).items()}
            shapes[name] = tuple(sizes.get(axis, length) for axis, length in enumerate(tensor.shape))
        return shapes
