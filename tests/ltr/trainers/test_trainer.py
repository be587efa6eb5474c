"""The training loop: it learns, stops and continues exactly, and refuses broken input."""

import os
import signal

import pytest
import torch

from libs.models.checkpoint import load_checkpoint, load_network
from libs.utils.errors import CheckpointError, DataError, SettingsError
from libs.utils.seeding import seed_everything
from ltr.admin.interruption import TrainingInterrupted
from ltr.trainers.session import build_network, build_trainer


def train(settings, world, before_batch=None):
    """Run a training; `before_batch(number)` is called before each batch, counted from 1."""
    seed_everything(settings.seed)
    trainer = build_trainer(settings.check(), world)
    if before_batch:
        counter = iter(range(1, 10000))
        trainer._actor.register_forward_pre_hook(lambda *_: before_batch(next(counter)))
    trainer.train()


def stop_at(number):
    return lambda count: os.kill(os.getpid(), signal.SIGTERM) if count == number else None


def folder_of(settings, tmp_path):
    return tmp_path / "checkpoints" / "ltr" / "DMB" / settings.stage


def test_the_loss_falls_and_all_files_are_there(tiny_settings, alone, tmp_path, scalars):
    changes = {"clips_per_epoch": 32, "batch_size": 4, "lr": 2e-3, "batch_norm_epochs": 2, "picture_every": 5}
    settings = tiny_settings(loss="both", **changes)
    train(settings, alone)
    losses = scalars(tmp_path, "tiny", "epoch/loss")
    assert losses[2] < 0.8 * losses[1]
    assert scalars(tmp_path, "tiny", "epoch/iou")[2] > scalars(tmp_path, "tiny", "epoch/iou")[1]
    names = {path.name for path in folder_of(settings, tmp_path).iterdir()}
    assert names >= {"AMB_ep0001.pth.tar", "AMB_ep0002.pth.tar", "AMB_latest.pth.tar", "AMB_best.pth.tar"}
    for tag in ("train/lr", "train/clips_per_second", "train/data_wait", "epoch/validation_J", "epoch/frame_gap"):
        assert scalars(tmp_path, "tiny", tag)
    network, info = load_network(folder_of(settings, tmp_path) / "AMB_best.pth.tar")
    assert info["stage"] == "tiny"
    assert info["metrics"]["validation_iou"] == pytest.approx(info["best"])
    assert network.config.crop_size == 64


def test_a_run_stopped_in_the_middle_and_resumed_equals_one_that_was_not(tiny_settings, alone, tmp_path, scalars):
    changes = {
        "clips_per_epoch": 12,
        "accumulation": 2,
        "max_objects": 2,
        "ema_decay": 0.8,
        "batch_norm_epochs": 1,
        "frame_gap_every": 1,
        "lr_milestones": (1,),
        "clip_gradient": 1.0,
        "validation_sequences": 0,
    }
    whole = tiny_settings(output=str(tmp_path / "whole"), **changes)
    parts = tiny_settings(output=str(tmp_path / "parts"), **changes)
    train(whole, alone)
    with pytest.raises(TrainingInterrupted) as stopped:
        train(parts, alone, stop_at(3))
    assert stopped.value.signal_number == signal.SIGTERM
    latest = folder_of(parts, tmp_path / "parts") / "AMB_latest.pth.tar"
    assert load_checkpoint(latest)["sampler"] == {"epoch": 1, "position": 8}
    with pytest.raises(SettingsError, match="4 clips are left, which steps of 12"):
        build_trainer(parts.replace(resume="latest", batch_size=6), alone)
    parts.resume = "latest"
    train(parts, alone)
    for tag in ("train/loss", "train/lr", "epoch/loss", "epoch/iou", "epoch/validation_loss", "epoch/frame_gap"):
        assert scalars(tmp_path / "parts", "tiny", tag) == scalars(tmp_path / "whole", "tiny", tag)
    assert len(scalars(tmp_path / "whole", "tiny", "train/loss")) == 6
    ends = [
        load_checkpoint(folder_of(s, tmp_path / n) / "AMB_latest.pth.tar")
        for n, s in (("whole", whole), ("parts", parts))
    ]
    for entry in ("net", "ema", "best", "sampler", "frame_gap", "epoch"):
        assert_same(ends[0][entry], ends[1][entry])


def assert_same(a, b):
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for name in a:
            assert_same(a[name], b[name])
    elif isinstance(a, torch.Tensor):
        assert torch.equal(a, b)
    else:
        assert a == b


def test_resuming_after_a_complete_epoch_goes_on_with_the_next(tiny_settings, alone, tmp_path, scalars):
    train(tiny_settings(epochs=1), alone)
    train(tiny_settings(epochs=2, resume="latest"), alone)
    assert set(scalars(tmp_path, "tiny", "epoch/loss")) == {1, 2}
    assert set(scalars(tmp_path, "tiny", "train/loss")) == set(range(1, 9))


def test_a_run_killed_while_it_validates_only_validates_again(tiny_settings, alone, tmp_path, scalars):
    trainer = build_trainer(tiny_settings(epochs=1), alone)

    def killed():
        raise MemoryError

    trainer._validate = killed
    with pytest.raises(MemoryError):
        trainer.train()
    before = load_checkpoint(folder_of(tiny_settings(), tmp_path) / "AMB_latest.pth.tar")
    train(tiny_settings(epochs=1, resume="latest"), alone)
    after = load_checkpoint(folder_of(tiny_settings(), tmp_path) / "AMB_latest.pth.tar")
    assert_same(before["net"], after["net"])
    assert after["metrics"]["loss"] == before["metrics"]["loss"]
    assert after["best"] == scalars(tmp_path, "tiny", "epoch/validation_iou")[1] >= 0


def test_resuming_with_another_architecture_is_refused(tiny_settings, alone):
    train(tiny_settings(epochs=1, validation_clips=0, validation_sequences=0), alone)
    with pytest.raises(CheckpointError, match="key_dim = 8, the settings say 16"):
        build_trainer(tiny_settings(key_dim=16, resume="latest"), alone)


def test_a_loss_that_is_not_finite_stops_with_the_names_of_the_clips(tiny_settings, alone, tmp_path):
    settings = tiny_settings()
    trainer = build_trainer(settings, alone)

    def spoil(_actor, _inputs, result):
        loss = result.loss.clone()
        loss[1] = float("nan")
        return result._replace(loss=loss)

    trainer._actor.register_forward_hook(spoil)
    with pytest.raises(DataError, match=r"not finite for 1 of the batch's 2 clips: \S+/(alpha|beta|gamma)-\d frames"):
        trainer.train()
    assert not list(folder_of(settings, tmp_path).glob("*"))


def test_more_than_one_percent_of_unreadable_clips_is_an_error(tiny_settings, alone, video_root, tmp_path):
    root = tmp_path / "damaged"
    for path in video_root.rglob("*.*"):
        target = root / path.relative_to(video_root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    trainer = build_trainer(tiny_settings(data_roots={"youtubevos": str(root)}), alone)
    for path in root.glob("JPEGImages/alpha/*.jpg"):
        path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=r"could not be read, over 1%.*alpha"):
        trainer.train()


def test_an_initial_checkpoint_brings_its_architecture(tiny_settings, alone, tmp_path):
    train(tiny_settings(epochs=1, validation_clips=0, validation_sequences=0), alone)
    path = folder_of(tiny_settings(), tmp_path) / "AMB_latest.pth.tar"
    settings = tiny_settings(initial=str(path), key_dim=32, crop_size=None, crop_factor=None)
    network, filled = build_network(settings)
    assert (network.config.key_dim, network.config.crop_size, network.config.crop_factor) == (8, 64, 3.0)
    assert_same(network.state_dict(), load_checkpoint(path)["net"])
    assert filled.batch_norm_epochs == 0


def test_batch_norm_learns_for_half_the_epochs_from_scratch_and_never_from_trained_weights(tiny_settings, tmp_path):
    assert build_network(tiny_settings(epochs=6))[1].batch_norm_epochs == 3
    import torchvision

    torch.save(torchvision.models.resnet18().state_dict(), tmp_path / "resnet18.pth")
    settings = tiny_settings(backbone_weights=str(tmp_path / "resnet18.pth"))
    assert build_network(settings)[1].batch_norm_epochs == 0
    assert build_network(tiny_settings(batch_norm_epochs=4))[1].batch_norm_epochs == 4


@pytest.mark.slow
def test_compiled_training_gives_the_same_losses(tiny_settings, alone, tmp_path, scalars):
    for name, is_compiled in (("plain", False), ("compiled", True)):
        train(tiny_settings(epochs=1, compile=is_compiled, output=str(tmp_path / name)), alone)
    plain, compiled = (scalars(tmp_path / name, "tiny", "train/loss") for name in ("plain", "compiled"))
    assert list(compiled.values()) == pytest.approx(list(plain.values()), rel=1e-3)


@pytest.mark.cuda
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_training_on_a_gpu(tiny_settings, tmp_path, scalars, precision):
    from ltr.admin.distributed import join_world

    train(tiny_settings(device="cuda", precision=precision, workers=1), join_world("cuda"))
    assert all(value == value for value in scalars(tmp_path, "tiny", "train/loss").values())
