"""Checkpoint files: names, atomic copies, and which ones are refused."""

import pathlib

import pytest

from libs.models.checkpoint import load_checkpoint, save_checkpoint
from libs.utils.errors import CheckpointError, DataError
from ltr.trainers.checkpoints import RESUME_ENTRIES, CheckpointFolder, check_same_run, find_resumable, report_changes


@pytest.fixture
def content(network):
    def make(epoch, **entries):
        common = {"net": network.state_dict(), "constructor": network.config, "stage": "tiny", "epoch": epoch}
        return common | dict.fromkeys(RESUME_ENTRIES, 0) | entries

    return make


def test_every_epoch_the_best_and_the_latest(content, tmp_path):
    folder = CheckpointFolder(tmp_path)
    for epoch, is_best in ((1, True), (2, True), (3, False)):
        folder.save_epoch(content(epoch), is_best)
    epochs = {path.name: load_checkpoint(path)["epoch"] for path in tmp_path.iterdir()}
    assert epochs == {
        "AMB_ep0001.pth.tar": 1,
        "AMB_ep0002.pth.tar": 2,
        "AMB_ep0003.pth.tar": 3,
        "AMB_best.pth.tar": 2,
        "AMB_latest.pth.tar": 3,
    }


def test_the_best_is_there_before_the_epoch_is_the_latest(content, tmp_path, monkeypatch):
    """Otherwise a run killed in between would continue with the next epoch, and never have this one as its best."""
    folder = CheckpointFolder(tmp_path)
    folder.save_epoch(content(1), is_best=True)
    replace = pathlib.Path.replace

    def killed(source, target):
        if target == folder.latest:
            raise KeyboardInterrupt
        return replace(source, target)

    monkeypatch.setattr(pathlib.Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        folder.save_epoch(content(2), is_best=True)
    assert [load_checkpoint(path)["epoch"] for path in (folder.latest, folder.best)] == [1, 2]


def test_saving_the_latest_leaves_the_epochs_alone(content, tmp_path):
    folder = CheckpointFolder(tmp_path)
    folder.save_epoch(content(1), is_best=True)
    folder.save_latest(content(2))
    assert [load_checkpoint(path)["epoch"] for path in (folder.epoch(1), folder.best, folder.latest)] == [1, 1, 2]


def test_a_full_disk_leaves_the_last_good_checkpoint(content, tmp_path, full_disk):
    folder = CheckpointFolder(tmp_path)
    folder.save_epoch(content(1), is_best=True)
    with full_disk(1_000_000), pytest.raises(DataError, match=r"AMB_ep0002.*File too large"):
        folder.save_epoch(content(2), is_best=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "AMB_best.pth.tar",
        "AMB_ep0001.pth.tar",
        "AMB_latest.pth.tar",
    ]
    assert load_checkpoint(folder.latest)["epoch"] == 1


def test_a_file_system_without_hard_links(content, tmp_path, monkeypatch):
    def no_links(*_):
        raise OSError("not supported")

    monkeypatch.setattr("os.link", no_links)
    folder = CheckpointFolder(tmp_path)
    folder.save_epoch(content(1), is_best=False)
    assert load_checkpoint(folder.latest)["epoch"] == 1
    assert len(list(tmp_path.iterdir())) == 2


def test_what_cannot_be_resumed(content, network, tmp_path):
    folder = CheckpointFolder(tmp_path)
    with pytest.raises(CheckpointError, match=r"AMB_latest\.pth\.tar does not exist"):
        find_resumable("latest", folder)
    save_checkpoint(tmp_path / "weights.pth", net=network.state_dict(), constructor=network.config, stage="tiny")
    with pytest.raises(CheckpointError, match="--initial"):
        find_resumable(str(tmp_path / "weights.pth"), folder)
    folder.save_latest(content(4))
    assert find_resumable("latest", folder)["epoch"] == 4


def test_another_architecture_or_stage_is_refused(tiny_settings):
    checkpoint = {"settings": tiny_settings().as_dict()}
    check_same_run(checkpoint, tiny_settings(lr=0.5))
    with pytest.raises(CheckpointError, match="backbone = 'resnet18', the settings say 'resnet50'"):
        check_same_run(checkpoint, tiny_settings(backbone="resnet50"))
    with pytest.raises(CheckpointError, match="stage"):
        check_same_run(checkpoint, tiny_settings(stage="stage2"))


def test_what_a_resumed_run_takes_of_other_settings_is_said(tiny_settings, caplog):
    before = tiny_settings().as_dict()
    report_changes({**before, "lr_milestones": list(before["lr_milestones"])}, tiny_settings(resume="latest"))
    assert not caplog.records
    report_changes(before, tiny_settings(lr=1e-7, epochs=3, initial="other.pth"))
    taken, left = (record.getMessage() for record in caplog.records)
    assert taken.endswith("taken from here on: epochs 2 -> 3, lr 0.001 -> 1e-07")
    assert "not taken" in left
    assert "initial '' -> 'other.pth'" in left


def test_another_optimizer_cannot_go_on(tiny_settings):
    with pytest.raises(CheckpointError, match="optimizer = 'adam', the settings say 'sgd'"):
        check_same_run({"settings": tiny_settings().as_dict()}, tiny_settings(optimizer="sgd"))
