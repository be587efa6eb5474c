"""The command line: options, both stages one after the other, several processes, stops, errors."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from libs.models.checkpoint import load_network, save_checkpoint
from ltr.run_training import build_parser, main, settings_from

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def options(video_root, tmp_path):
    """Command-line options of a tiny run on the videos."""

    def make(output="", **changes):
        others = {
            "max_objects": 2,
            "crop_factor": 3.0,
            "validation_clips": 2,
            "validation_sequences": 1,
            "log_every": 1,
            "picture_every": 0,
        } | changes
        common = f"--data-root {video_root} --held-out held --output {tmp_path / output} --crop 64 --clips 8 --epochs 1"
        common += " --batch-size 2 --workers 0 --device cpu --lr 1e-3"
        return common.split() + [part for name, value in others.items() for part in ("--set", f"{name}={value}")]

    return make


@pytest.fixture
def initial(network, tmp_path):
    """A checkpoint of the tiny network."""
    path = tmp_path / "initial.pth.tar"
    save_checkpoint(path, net=network.state_dict(), constructor=network.config, stage="stage1")
    return str(path)


def script(name, arguments, **kwargs):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, str(ROOT / name), *arguments], env=environment, **kwargs)


def test_options_change_the_settings():
    text = (
        "DMB stage2 --batch-size 8 --epochs 3 --lr 1e-4 --workers 2 --data-root /videos --data-root stills=/stills "
        "--initial first.pth --output out --resume --set memory=two --set lr_milestones=(1,2) "
        "--set sources={'stills':1.0}"
    )
    settings = settings_from(build_parser().parse_args(text.split()))
    assert (settings.batch_size, settings.epochs, settings.lr, settings.workers) == (8, 3, 1e-4, 2)
    assert settings.data_roots == {"youtubevos": "/videos", "stills": "/stills"}
    assert (settings.initial, settings.output, settings.resume) == ("first.pth", "out", "latest")
    assert (settings.memory, settings.lr_milestones, settings.sources) == ("two", (1, 2), {"stills": 1.0})


@pytest.mark.parametrize("name", ["a=b", "stills=x", "a:b", "#1 100%"])
def test_folders_of_data_may_have_any_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    pathlib.Path(name).mkdir()
    arguments = ["DMB", "stage1", "--data-root", name, "--data-root", f"stills={name}"]
    assert settings_from(build_parser().parse_args(arguments)).data_roots == {"youtubevos": name, "stills": name}


def test_a_training_does_not_replace_another(options, initial, tmp_path, capsys):
    folder = tmp_path / "out" / "checkpoints" / "ltr" / "DMB" / "stage2"
    folder.mkdir(parents=True)
    (folder / "AMB_latest.pth.tar").write_bytes(b"of hours")
    assert main(["DMB", "stage2", *options("out"), "--initial", initial]) == 2
    assert "stage2 holds the checkpoints of a training, which this one would replace" in capsys.readouterr().err
    assert [path.read_bytes() for path in folder.iterdir()] == [b"of hours"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("DMB stage3", "stage3"),
        ("DMB stage2", "--initial"),
        ("DMB stage2 --initial nowhere.pth", "nowhere.pth"),
        ("DMB stage1 --set learning_rate=1", "did you mean"),
        ("DMB stage1 --set lr", "NAME=VALUE"),
        ("DMB stage1 --batch-size 3 --clips 100", "does not divide"),
        ("DMB stage1 --gpu 99", "--gpu 99"),
        ("DMB stage1 --set backbone_weights=none", "DMB_YOUTUBEVOS_PATH"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(arguments, message, capsys):
    assert main(arguments.split() + ["--device", "cpu"]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert "Traceback" not in shown


def test_stage_1_then_stage_2_then_the_network_loads(options, stills_root, tmp_path):
    small = {"backbone": "resnet18", "backbone_weights": "none", "key_dim": 8, "value_dim": 16, "decoder_dim": 8}
    stills = ["--data-root", f"stills={stills_root}", "--precision", "bf16", "--clips", "4"]
    assert main(["DMB", "stage1", *options(**small), *stills]) == 0
    first = tmp_path / "checkpoints" / "ltr" / "DMB" / "stage1" / "AMB_latest.pth.tar"
    assert main(["DMB", "stage2", *options(loss="both"), "--initial", str(first), "--clips", "4"]) == 0
    network, info = load_network(tmp_path / "checkpoints" / "ltr" / "DMB" / "stage2" / "AMB_latest.pth.tar")
    before, _ = load_network(first)
    assert (info["stage"], info["epoch"], network.config) == ("stage2", 1, before.config)
    assert (network.query_encoder.net.conv1.weight == before.query_encoder.net.conv1.weight).all()
    assert not (network.decoder.predict.weight == before.decoder.predict.weight).all()


@pytest.mark.slow
def test_two_processes_give_the_losses_of_one_with_twice_the_batch(options, initial, scalars, tmp_path):
    two = script("train_stage2.py", [*options("two"), "--initial", initial, "--processes", "2"])
    assert main(["DMB", "stage2", *options("one"), "--initial", initial, "--batch-size", "4"]) == 0
    assert two.wait(timeout=300) == 0
    for tag in ("train/loss", "train/iou", "epoch/loss", "epoch/validation_loss"):
        one, other = (scalars(tmp_path / name, "stage2", tag) for name in ("one", "two"))
        assert other == pytest.approx(one, rel=1e-4)
    assert len(scalars(tmp_path / "two", "stage2", "train/loss")) == 2


def test_ctrl_c_in_a_terminal_saves_before_it_stops(options, initial, scalars, tmp_path):
    """A terminal sends SIGINT to all processes, including those that load data."""
    long = [*options("long"), "--initial", initial, "--clips", "4000", "--workers", "1"]
    run = script("train_stage2.py", long, start_new_session=True, stderr=subprocess.PIPE, text=True, bufsize=1)
    shown = ""
    while "2/2000" not in shown:
        character = run.stderr.read(1)
        assert character, shown
        shown += character
    os.killpg(run.pid, signal.SIGINT)
    run.communicate(timeout=120)
    assert run.returncode == 128 + signal.SIGINT
    latest = tmp_path / "long" / "checkpoints" / "ltr" / "DMB" / "stage2" / "AMB_latest.pth.tar"
    _, info = load_network(latest)
    assert 4 <= info["sampler"]["position"] < 4000


def test_a_second_training_into_one_folder_is_refused(options, initial, hold_folder, capsys, tmp_path):
    folder = tmp_path / "checkpoints" / "ltr" / "DMB" / "stage2"
    hold_folder(folder)
    assert main(["DMB", "stage2", *options(), "--initial", initial]) == 2
    assert f"is writing to {folder}" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_named(options, initial, capsys, tmp_path):
    (tmp_path / "file").touch()
    assert main(["DMB", "stage2", *options("file"), "--initial", initial]) == 2
    assert "cannot be written (Not a directory)" in capsys.readouterr().err
