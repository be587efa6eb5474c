import re

import numpy as np
import pytest

from libs.models.checkpoint import save_checkpoint
from ltr.run_validation import main


@pytest.fixture
def checkpoint(network, tmp_path):
    path = tmp_path / "tiny.pth.tar"
    save_checkpoint(path, net=network.state_dict(), constructor=network.config, stage="test")
    return str(path)


@pytest.mark.parametrize("start", [[], ["--from-box"]], ids=["mask", "box"])
def test_a_line_for_each_object_and_their_mean(checkpoint, video_root, capsys, start):
    assert (
        main([checkpoint, "--data", str(video_root), "--sequences", "held,gamma", "--precision", "fp32", *start]) == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["held-1", "gamma-1", "gamma-2", "mean"]
    numbers = np.array([[float(value) for value in re.findall(r"[JF] (\S+)", line)] for line in lines])
    assert numbers[-1] == pytest.approx(numbers[:-1].mean(axis=0), abs=1e-3)
    assert ((numbers >= 0) & (numbers <= 1)).all()


def test_bad_input_is_named(checkpoint, video_root, tmp_path, capsys):
    for arguments, message in (
        ([checkpoint, "--data", str(tmp_path / "none")], "none"),
        ([str(tmp_path / "no.pth"), "--data", str(video_root)], "no.pth"),
        ([checkpoint, "--data", str(video_root), "--sequences", "delta"], "delta"),
    ):
        assert main(arguments) == 2
        assert message in capsys.readouterr().err
