"""Stage 2: the memory and the decoder on videos, from a stage-1 checkpoint (`--initial`), encoders frozen."""

from ltr.admin.settings import TrainSettings


def settings() -> TrainSettings:
    """Settings of stage 2; every field is in docs/parameters.md."""
    settings = TrainSettings(stage="stage2")

    # Clips: target-centred crops of videos; the neighbouring frames of a clip move apart from epoch to epoch.
    settings.sources = {"youtubevos": 1.0}
    settings.clips_per_epoch = 32000
    settings.frame_gap = 2
    settings.frame_gap_max = 50
    settings.scale_jitter = 0.25
    settings.centre_jitter = 1.5
    settings.box_start = 0.3

    # Network: from stage 1, with its encoders frozen.
    settings.freeze_encoders = True
    settings.memory = "recurrent"

    # Optimisation.
    settings.loss = "bootstrapped"
    settings.optimizer = "adam"
    settings.batch_size = 4
    settings.lr = 1e-5
    settings.lr_decay = 0.1
    settings.lr_milestones = (20, 30)
    return settings
