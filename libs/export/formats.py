"""Programs on disk, as `torch.export` (.pt2) or ONNX (.onnx) files."""

import importlib
import warnings
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from libs.export.program import Program
from libs.utils.errors import SettingsError

ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")
OPSET = 18
"""Opset of ONNX files."""


Run: TypeAlias = Callable[[dict[str, Tensor]], tuple[Tensor, ...]]
"""A function from a dict of inputs to a tuple of output tensors."""


class Format(NamedTuple):
    """A file format.

    Attributes:
        suffix: ending of its files.
        check: function that raises SettingsError if a package that the format needs is missing.
        write: function (`Program`, path).
        read: function (path) that returns a function from a dict of inputs to a tuple of output tensors.
    """

    suffix: str
    check: Callable[[], None]
    write: Callable[[Program, str], None]
    read: Callable[[str], Run]


def largest_deviation(program: Program, run: Run) -> float:
    """How far a function deviates from a program's module, over all examples.

    Args:
        program: `Program`.
        run: function from a dict of inputs to a tuple of output tensors, as `Format.read` returns.

    Returns:
        The largest max |difference| / max(1, max |module's output|) of any output; nan if an output is not finite.
    """
    deviations = []
    for inputs in program.examples:
        for ours, theirs in zip(program.run(inputs), run(inputs), strict=True):
            deviations.append((theirs - ours).abs().max() / ours.abs().max().clamp(min=1))
    return torch.stack(deviations).max().item()


def _trace(program: Program) -> torch.export.ExportedProgram:
    inputs = program.examples[0]
    shapes = {name: program.dynamic.get(name) for name in inputs}
    with torch.no_grad():
        return torch.export.export(program.module.eval(), tuple(inputs.values()), dynamic_shapes=shapes)


def _write_torch(program: Program, path: str) -> None:
    with warnings.catch_warnings():
        # A warning about the channels-last layout of the weights, which are read back unchanged.
        warnings.filterwarnings("ignore", message="No complete tensor found")
        torch.export.save(_trace(program), path)


def _read_torch(path: str) -> Run:
    module = torch.export.load(path).module()

    def run(inputs: dict[str, Tensor]) -> tuple[Tensor, ...]:
        with torch.inference_mode():
            return module(*inputs.values())

    return run


def _check_onnx() -> None:
    for name in ONNX_PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise SettingsError(
                f"the ONNX format needs {name}, which is not installed: pip install {' '.join(ONNX_PACKAGES)}"
            ) from error


def _write_onnx(program: Program, path: str) -> None:
    try:
        torch.onnx.export(
            _trace(program),
            f=path,
            dynamo=True,
            output_names=list(program.outputs),
            opset_version=OPSET,
            external_data=False,
            verbose=False,
        )
    except ImportError as error:
        raise SettingsError(
            f"the ONNX packages are too old for torch {torch.__version__} ({error}): "
            f"pip install --upgrade {' '.join(ONNX_PACKAGES)}"
        ) from error


def _read_onnx(path: str) -> Run:
    session = importlib.import_module("onnxruntime").InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(inputs: dict[str, Tensor]) -> tuple[Tensor, ...]:
        arrays = {name: tensor.numpy() for name, tensor in inputs.items()}
        return tuple(torch.from_numpy(array) for array in session.run(None, arrays))

    return run


FORMATS = {
    "torch": Format(".pt2", lambda: None, _write_torch, _read_torch),
    "onnx": Format(".onnx", _check_onnx, _write_onnx, _read_onnx),
}
