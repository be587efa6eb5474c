"""The learning rate of every step, a function of the settings and the clips seen: resuming needs nothing more."""

import math

from ltr.admin.settings import TrainSettings

LAST_SHARE = 0.02
"""Share of the learning rate that is left at the end of a cosine fall."""


def learning_rate(settings: TrainSettings, clips: int, clips_a_step: int) -> float:
    """Learning rate of the step after this many clips.

    It warms up linearly over `warm_up` steps. Then it is constant and falls, either to `LAST_SHARE` by half a cosine
    over the last share `lr_fall` of all clips, or by the factor `lr_decay` after each epoch of `lr_milestones`.

    Args:
        settings: the stage's settings; the fall ends with `epochs`, which may change from one resumption to the next.
        clips: number of clips that all processes have used since the first epoch.
        clips_a_step: clips in a step of all processes together.
    """
    warm = min(1.0, (clips / clips_a_step + 1) / settings.warm_up) if settings.warm_up else 1.0
    return settings.lr * warm * (_cosine_fall if settings.lr_fall else _step_decay)(settings, clips)


def _cosine_fall(settings: TrainSettings, clips: int) -> float:
    total = settings.epochs * settings.clips_per_epoch
    left = min(1.0, max(0.0, (total - clips) / (settings.lr_fall * total)))
    return LAST_SHARE + (1 - LAST_SHARE) * (1 - math.cos(math.pi * left)) / 2


def _step_decay(settings: TrainSettings, clips: int) -> float:
    epochs_done = clips // settings.clips_per_epoch
    return settings.lr_decay ** sum(epochs_done >= milestone for milestone in settings.lr_milestones)
