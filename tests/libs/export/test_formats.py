"""Every program is written, read back and run, also in sizes that its writer never saw."""

import dataclasses
import sys

import pytest
import torch
from torch import nn

from libs.export.formats import FORMATS, largest_deviation
from libs.utils.errors import SettingsError

FULL_SIZED = ("features", "filter_search")
NAMES = ("encode", "remember", "segment", "filter_covariance", "filter_start", "filter_score", "filter_update")


@pytest.fixture(params=["torch", "onnx"])
def file_format(request):
    if request.param == "onnx":
        pytest.importorskip("onnxruntime")
        pytest.importorskip("onnxscript")
    return request.param


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, *FULL_SIZED])
def test_a_program_read_back_is_the_module(file_format, programs, name, tmp_path):
    path = tmp_path / f"{name}{FORMATS[file_format].suffix}"
    FORMATS[file_format].write(programs[name], path)
    run = FORMATS[file_format].read(path)
    assert largest_deviation(programs[name], run) < 1e-5
    if name in FULL_SIZED:
        unseen = dataclasses.replace(programs[name], examples=[other_sizes(programs[name])])
        assert largest_deviation(unseen, run) < 1e-5


def other_sizes(program):
    """Inputs of dynamic sizes that are in no example: 9 x 5 cells."""
    random = torch.Generator().manual_seed(1)
    sizes = {"rows": 9, "columns": 5, "16*rows": 9 * 16, "16*columns": 5 * 16}
    return {
        name: (200 * torch.rand([sizes.get(length, length) for length in shape], generator=random)).to(
            program.examples[0][name].dtype
        )
        for name, shape in program.input_shapes().items()
    }


class Double(nn.Module):
    def forward(self, x):
        return (2 * x,)


@pytest.mark.parametrize(
    ("factor", "offset", "expected"),
    [(2, 0.0, 0), (2, 0.5, 0.5 / 20), (2, float("nan"), float("nan"))],
)
def test_deviation_by_hand(programs, factor, offset, expected):
    """The module gives (2, 20), so an offset of 0.5 is 0.5 / 20."""
    program = dataclasses.replace(programs["encode"], module=Double(), examples=[{"x": torch.tensor([1.0, 10.0])}])
    deviation = largest_deviation(program, lambda inputs: (factor * inputs["x"] + offset,))
    assert deviation == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("missing", ["onnx", "onnxscript", "onnxruntime"])
def test_missing_packages_are_named(monkeypatch, missing):
    for name in ("onnx", "onnxscript", "onnxruntime"):
        monkeypatch.setitem(sys.modules, name, None if name == missing else object())
    with pytest.raises(SettingsError, match=rf"needs {missing}, .* pip install onnx onnxscript onnxruntime"):
        FORMATS["onnx"].check()


def test_packages_too_old_for_torch_are_said(programs, monkeypatch, tmp_path):
    def export(*arguments, **options):
        raise ImportError("no torch_2_11")

    monkeypatch.setattr(torch.onnx, "export", export)
    with pytest.raises(SettingsError, match=r"too old for torch .*no torch_2_11.* pip install --upgrade onnx "):
        FORMATS["onnx"].write(programs["remember"], tmp_path / "any.onnx")
