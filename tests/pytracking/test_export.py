"""The export command, and the example of its documentation, on a rendered sequence."""

import json
import pathlib
import re

import numpy as np
import pytest
import torch

from libs.export.formats import FORMATS
from libs.models.amb import AMB
from libs.models.checkpoint import save_checkpoint
from libs.models.config import AMBConfig
from libs.utils.metrics import region_similarity
from pytracking.evaluation import export_command
from pytracking.evaluation.tracker import Tracker
from pytracking.export import FORMAT_NAMES, main

PROGRAMS = ("filter_scoring", "memory_encoder", "query_encoder", "segmentation")
EXAMPLE = pathlib.Path(__file__).parents[2] / "docs" / "export.md"


@pytest.fixture
def checkpoint(tmp_path):
    """A small network with random weights."""
    torch.manual_seed(0)
    network = AMB(AMBConfig(backbone="resnet18", key_dim=8, value_dim=16, decoder_dim=8, crop_size=64, crop_factor=3.0))
    save_checkpoint(tmp_path / "small.pth", net=network.state_dict(), constructor=network.config, stage="stage2")
    return str(tmp_path / "small.pth")


def test_command_writes_checked_programs_and_says_how_to_feed_them(checkpoint, tmp_path, capsys):
    output = tmp_path / "exported"
    assert main([checkpoint, "--output", str(output)]) == 0
    assert sorted(path.name for path in output.iterdir()) == [
        *(f"{name}.pt2" for name in PROGRAMS[:2]),
        "programs.json",
        *(f"{name}.pt2" for name in PROGRAMS[2:]),
    ]
    assert capsys.readouterr().out.count("largest deviation") == 4
    facts = json.loads((output / "programs.json").read_text())
    assert facts["checkpoint"] == "small.pth"
    assert facts["segmentation_crop"] == {"size": 64, "factor": 3.0}
    assert facts["search_crop"] == {"size": 256, "factor": 4.5}
    assert facts["location"] == {"scale": 64, "used": True}
    assert facts["programs"]["segmentation"]["inputs"]["memory_value"] == ["frames", 16, 16]


def test_files_of_others_are_kept_and_an_earlier_export_is_replaced(checkpoint, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(export_command, "_write_checked", lambda path, program, file_format: path.write_bytes(b"new"))
    (tmp_path / "exported").mkdir()
    program = tmp_path / "exported" / "segmentation.pt2"
    program.write_bytes(b"mine")
    assert main([checkpoint, "--output", str(program.parent)]) == 2
    assert "segmentation.pt2 is there without programs.json" in capsys.readouterr().err
    assert [path.read_bytes() for path in program.parent.iterdir()] == [b"mine"]
    (program.parent / "programs.json").write_text("{}")
    assert main([checkpoint, "--output", str(program.parent)]) == 0
    assert program.read_bytes() == b"new"


def test_the_formats_offered_are_those_there_are():
    assert tuple(FORMATS) == FORMAT_NAMES


def test_a_program_that_deviates_is_an_error_and_not_written(checkpoint, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(export_command, "largest_deviation", lambda program, run: float("nan"))
    assert main([checkpoint, "--output", str(tmp_path / "exported")]) == 2
    assert "query_encoder.pt2, read back, deviates by nan" in capsys.readouterr().err
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


def test_the_documented_example_tracks_as_the_tracker_does(small_sequences, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    sequence = small_sequences[0]
    box = sequence.polygons[0].min(axis=0).tolist() + np.ptp(sequence.polygons[0], axis=0).tolist()
    names = {"first": sequence.frame(0), "frame": sequence.frame(1), "box": box}
    (example,) = re.findall(r"```python\n(.*?)```", EXAMPLE.read_text(), re.DOTALL)
    exec(example, names)

    tracker = Tracker("DMB", "DMB_default_params").create_tracker(device="cpu", precision="fp32")
    tracker.initialize(names["first"], {"init_bbox": box})
    expected = tracker.track(names["frame"])["segmentation"]
    assert expected.sum() > 100
    assert region_similarity(names["mask"], expected) > 0.95
    assert names["new_key"].shape == names["key"].shape
    assert names["new_value"].shape == names["value"].shape
