"""Fine-tuning on your own clips: what is held out, when it stops, and what its checkpoint carries."""

import shutil

import pytest

from libs.dataset.readers.clips import load_clips
from libs.media.files import read_json
from libs.models.checkpoint import load_checkpoint, save_checkpoint
from libs.utils.errors import DataError
from ltr.data.build import hold_out_share, open_sources
from ltr.run_training import build_parser, settings_from
from ltr.trainers.session import build_trainer
from pytracking.run_video import main as run_video

TRACKING = {"segm_mask_thr": 0.3}


@pytest.fixture
def finetune(network, video_root, tmp_path):
    """Function from changes to the settings of the command line, started from a tiny network."""
    initial = tmp_path / "initial.pth.tar"
    save_checkpoint(initial, net=network.state_dict(), constructor=network.config, stage="tiny", tracking=TRACKING)
    command = f"DMB finetune --data {video_root} --initial {initial} --clips 4 --batch-size 2 --device cpu --epochs 2"

    def make(**changes):
        small = {"validation_clips": 2, "validation_sequences": 1, "output": str(tmp_path / "out")}
        return settings_from(build_parser().parse_args(command.split())).replace(**small, **changes)

    return make


def test_before_and_after_are_said_and_the_checkpoint_carries_the_tracking_parameters(
    finetune, alone, video_root, tmp_path, caplog, capsys
):
    caplog.set_level("INFO")
    settings = finetune()
    settings.check()
    build_trainer(settings, alone).train()
    folder = tmp_path / "out" / "checkpoints" / "ltr" / "DMB" / "finetune"
    last = load_checkpoint(folder / "AMB_latest.pth.tar")
    assert last["tracking"] == TRACKING
    assert "held out: gamma (1 of 4 clips)" in caplog.text
    said = capsys.readouterr().out.splitlines()
    before = last["before"]["J"]
    assert any(text.startswith("before training: held-out") for text in said)
    (result,) = [text for text in said if text.startswith(f"held-out J {before:.3f} before, ")]
    better = last["best"] > before
    assert (folder / "AMB_best.pth.tar").exists() == better
    assert ("after epoch" in result) == better
    # And a tracker accepts it.
    frames = next(iter(sorted((video_root / "JPEGImages").iterdir())))
    arguments = [str(frames), "--checkpoint", str(folder / "AMB_latest.pth.tar"), "--device", "cpu", "--end", "3"]
    results = tmp_path / "results"
    assert run_video([*arguments, "--optional_box", "10,10,20,20", "--save_results", "--results", str(results)]) == 0
    (manifest,) = results.rglob("manifest.json")
    made_with = read_json(manifest)
    assert made_with["checkpoint"]["file"] == "AMB_latest.pth.tar"
    assert made_with["parameters"]["segm_mask_thr"] == TRACKING["segm_mask_thr"]
    assert len((manifest.parent / "boxes_1.txt").read_text().splitlines()) == 3


def test_training_ends_when_what_is_held_out_gets_no_better(finetune, alone, tmp_path, capsys):
    settings = finetune(epochs=9, patience=2, validate_first=True)
    trainer = build_trainer(settings, alone)
    values = iter([0.5, 0.6, 0.55, 0.6, 0.9])
    trainer._validate = lambda: {"iou": 0.0, "J": next(values)}
    trainer.train()
    folder = tmp_path / "out" / "checkpoints" / "ltr" / "DMB" / "finetune"
    assert [path.name for path in sorted(folder.glob("AMB_ep*"))] == [
        f"AMB_ep000{epoch}.pth.tar" for epoch in (1, 2, 3)
    ]
    assert load_checkpoint(folder / "AMB_best.pth.tar")["epoch"] == 1
    assert "held-out J 0.500 before, 0.600 after epoch 1" in capsys.readouterr().out


def test_no_epoch_that_is_better_leaves_no_best_checkpoint(finetune, alone, tmp_path, capsys):
    trainer = build_trainer(finetune(epochs=1), alone)
    values = iter([0.5, 0.4])
    trainer._validate = lambda: {"iou": 0.0, "J": next(values)}
    trainer.train()
    assert not list(tmp_path.rglob("AMB_best*"))
    assert "no epoch was better: keep what there was" in capsys.readouterr().out


def test_a_share_of_the_clips_is_held_out(finetune):
    (((training, _),), _, held_out) = open_sources(finetune())
    names = {each.sequence.name for each in held_out.objects}
    assert len(names) == 1
    assert names.isdisjoint(each.sequence.name for each in training._dataset.objects)
    assert len(training._dataset.sequences) == 3


def test_of_one_clip_the_last_frames_are_held_out(video_root, tmp_path):
    for kind in ("JPEGImages", "Annotations"):
        shutil.copytree(video_root / kind / "gamma", tmp_path / kind / "gamma")
    training, held_out = hold_out_share(load_clips(tmp_path), 0.2)
    assert [each.frames.tolist() for each in training.objects] == [[0, 1, 2, 3, 4]] * 2
    assert [each.frames.tolist() for each in held_out.objects] == [[5, 6, 7]] * 2
    for path in tmp_path.rglob("0000[4-7].*"):
        path.unlink()
    with pytest.raises(DataError, match="is one clip, and no object of it has 5 annotated frames"):
        hold_out_share(load_clips(tmp_path), 0.2)
