"""Stage 1: pre-training of the whole network, on stills with synthetic motion and on videos."""

from ltr.admin.settings import TrainSettings


def settings() -> TrainSettings:
    """Settings of stage 1; every field is in docs/parameters.md."""
    settings = TrainSettings(stage="stage1")

    # Clips: from stills with motion of object and background, and from videos with a growing frame gap.
    settings.sources = {"stills": 1.0, "youtubevos": 1.0}
    settings.max_objects = 2
    settings.frame_gap = 2
    settings.frame_gap_max = 25

    # Network: from torchvision's ImageNet weights; all of it is trained.
    settings.backbone_weights = "imagenet"
    settings.freeze_encoders = False

    # Optimisation.
    settings.loss = "both"
    settings.optimizer = "adamw"
    settings.lr = 1e-4
    settings.lr_milestones = (30, 36)
    settings.clip_gradient = 5.0
    return settings
