"""Fine-tuning: the bundled network on a few clips of your own, until the held-out ones improve no further."""

import pathlib

from ltr.admin.settings import TrainSettings

BUNDLED = pathlib.Path(__file__).resolve().parents[3] / "pytracking" / "networks" / "dmb_lite2.pth.tar"


def settings() -> TrainSettings:
    """Settings of fine-tuning on a CPU or one GPU; every field is in docs/parameters.md."""
    settings = TrainSettings(stage="finetune")
    settings.initial = str(BUNDLED)

    # A fifth of one to fifty clips is held out; the same jitter as in the network's own training makes the others as
    # varied as what a tracker meets.
    settings.sources = {"clips": 1.0}
    settings.held_out_share = 0.2
    settings.clips_per_epoch = 64
    settings.frame_gap, settings.frame_gap_step, settings.frame_gap_max = 5, 0, 15
    settings.centre_jitter, settings.location_jitter = 1.2, 0.8
    settings.box_start, settings.zoom, settings.part = 0.2, 0.3, 0.15
    settings.workers = 0

    # Small steps, because there is little to learn from and much to forget.
    settings.spoilt_memory = 0.15
    settings.loss = "both"
    settings.optimizer = "adamw"
    settings.weight_decay = 1e-2
    settings.batch_size = 4
    settings.lr, settings.lr_milestones = 5e-5, ()
    settings.warm_up = 8
    settings.clip_gradient = 5.0
    settings.epochs, settings.patience = 20, 4
    settings.validate_first, settings.best_by = True, "J"
    settings.validation_clips, settings.validation_sequences = 16, 8
    settings.log_every, settings.picture_every = 16, 0
    return settings
