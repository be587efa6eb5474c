"""The export command."""

import json

import pytest
import torch

from libs.export.formats import FORMATS
from libs.models.amb import AMB
from libs.models.checkpoint import save_checkpoint
from libs.models.config import AMBConfig
from libs.models.inference import PRECISIONS
from pytracking.evaluation import export_command
from pytracking.export import FORMAT_NAMES, PRECISION_NAMES, main

PROGRAMS = [
    *("encode", "features", "filter_covariance", "filter_score", "filter_search", "filter_start", "filter_update"),
    *("remember", "segment"),
]
SMALL = [f"{name}=1" for name in ("init_GN_iter", "CG_iter", "hard_negative_CG_iter", "redetection_interval")]
SMALL += ["init_CG_iter=2", "sample_memory_size=30", "max_image_sample_size=4096", "compressed_dim=8"]
CHANGES = [word for change in SMALL for word in ("--set", change)]


@pytest.fixture
def checkpoint(tmp_path):
    """A small network with random weights."""
    torch.manual_seed(0)
    network = AMB(AMBConfig(backbone="resnet18", key_dim=8, value_dim=16, decoder_dim=8, crop_size=64, crop_factor=3.0))
    save_checkpoint(tmp_path / "small.pth", net=network.state_dict(), constructor=network.config, stage="stage2")
    return str(tmp_path / "small.pth")


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "precision"), [("torch", "fp32"), ("torch", "fp16"), ("onnx", "fp16")])
def test_command_writes_checked_programs_and_says_how_to_call_them(checkpoint, kind, precision, tmp_path, capsys):
    if kind == "onnx":
        pytest.importorskip("onnxscript")
    output = tmp_path / "exported"
    arguments = ["--output", str(output), "--format", kind, "--precision", precision]
    assert main([checkpoint, *arguments, *CHANGES]) == 0
    names = [f"{name}{FORMATS[kind].suffix}" for name in PROGRAMS]
    assert sorted(path.name for path in output.iterdir()) == [*names, "tracker.json"]
    assert capsys.readouterr().out.count("largest deviation") == len(names)
    facts = json.loads((output / "tracker.json").read_text())
    assert facts["format"] == 1
    assert facts["precision"] == precision
    assert facts["checkpoint"]["file"] == "small.pth"
    assert facts["segmentation_crop"] == {"size": 64, "factor": 3.0}
    assert facts["search_crop"] == {"size": 64, "factor": 4.5}
    assert facts["parameters"]["compressed_dim"] == 8
    assert facts["programs"]["segment"]["inputs"]["bank_value"] == {"shape": [20, 16, 16], "type": "float32"}
    assert facts["programs"]["encode"]["inputs"] == {"pixels": {"shape": [1, 64, 64, 3], "type": "uint8"}}


def test_parameters_that_programs_cannot_follow_are_named(checkpoint, tmp_path, capsys):
    assert main([checkpoint, "--output", str(tmp_path / "exported"), "--set", "share_crop=True"]) == 2
    assert (
        "'share_crop' is True, but exported trackers have False; give --set share_crop=False" in capsys.readouterr().err
    )
    assert main([checkpoint, "--output", str(tmp_path / "exported"), "--set", "hard_negative_CG_iter=4"]) == 2
    assert "'hard_negative_CG_iter' is 4, but exported trackers have 5" in capsys.readouterr().err
    assert not (tmp_path / "exported").exists()


def test_files_of_others_are_kept_and_an_earlier_export_is_replaced(checkpoint, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(export_command, "_write_checked", lambda path, *rest: path.write_bytes(b"new"))
    (tmp_path / "exported").mkdir()
    program = tmp_path / "exported" / "segment.pt2"
    program.write_bytes(b"mine")
    assert main([checkpoint, "--output", str(program.parent)]) == 2
    assert "segment.pt2 is there without tracker.json" in capsys.readouterr().err
    assert [path.read_bytes() for path in program.parent.iterdir()] == [b"mine"]
    (program.parent / "tracker.json").write_text("{}")
    assert main([checkpoint, "--output", str(program.parent)]) == 0
    assert program.read_bytes() == b"new"


def test_the_formats_offered_are_those_there_are():
    assert tuple(FORMATS) == FORMAT_NAMES
    assert set(PRECISION_NAMES) < set(PRECISIONS)


def test_a_program_that_deviates_is_an_error_and_not_written(checkpoint, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(export_command, "largest_deviation", lambda program, run: float("nan"))
    assert main([checkpoint, "--output", str(tmp_path / "exported")]) == 2
    assert "encode.pt2, read back, deviates by nan" in capsys.readouterr().err
    assert list((tmp_path / "exported").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.pth"], "absent.pth does not exist"),
        (["--param", "absent"], "no 'absent' in pytracking/parameter/DMB"),
    ],
)
def test_bad_input_is_named(arguments, message, tmp_path, capsys):
    assert main([*arguments, "--output", str(tmp_path / "exported")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "exported").exists()
