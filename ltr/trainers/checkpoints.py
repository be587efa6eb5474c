"""The checkpoint files of a training stage, and which of them to continue from."""

import logging
import os
import pathlib
import shutil
from collections.abc import Mapping
from typing import Any

from libs.media.files import whole_or_absent
from libs.models.checkpoint import load_checkpoint, save_checkpoint
from libs.models.config import Architecture
from libs.utils.errors import CheckpointError
from ltr.admin.settings import TrainSettings

LOG = logging.getLogger(__name__)
BEGUN = ("initial", "backbone_weights", "frame_gap")
"""Settings that apply only to the beginning of a training, so not to a run that continues."""
RESUME_ENTRIES = (
    "settings",
    "optimizer",
    "scaler",
    "ema",
    "sampler",
    "frame_gap",
    "best",
    "running",
    "random",
)


class CheckpointFolder:
    """`AMB_epNNNN.pth.tar` of every epoch, `AMB_best.pth.tar` and `AMB_latest.pth.tar`.

    Every file is complete at any moment: it is written under another name and renamed.

    Args:
        folder: checkpoints/ltr/DMB/<stage> below the output folder.
    """

    def __init__(self, folder: pathlib.Path):
        self._folder = pathlib.Path(folder)
        self.latest = self._folder / "AMB_latest.pth.tar"
        self.best = self._folder / "AMB_best.pth.tar"

    def epoch(self, number: int) -> pathlib.Path:
        """Path of an epoch's checkpoint."""
        return self._folder / f"AMB_ep{number:04d}.pth.tar"

    def check_unused(self) -> None:
        """Raise CheckpointError if the folder holds a training's checkpoints, which another would replace."""
        if self.latest.exists():
            raise CheckpointError(
                f"{self._folder} holds the checkpoints of a training, which this one would replace: continue it by "
                "--resume, give another --output, or move that folder away"
            )

    def save_latest(self, content: dict[str, Any]) -> None:
        """Write a checkpoint to continue from; `content` holds the arguments of `save_checkpoint`."""
        save_checkpoint(self.latest, **content)

    def save_epoch(self, content: dict[str, Any], is_best: bool) -> None:
        """Write the checkpoint of a complete epoch (`content['epoch']`), also the latest, and perhaps the best."""
        path = self.epoch(content["epoch"])
        save_checkpoint(path, **content)
        # The latest is written last: a run killed before it repeats this epoch, one killed after it does the next.
        for other in [self.best, self.latest] if is_best else [self.latest]:
            _duplicate(path, other)


def find_resumable(resume: str, folder: CheckpointFolder) -> dict[str, Any]:
    """Read the checkpoint to continue from.

    Args:
        resume: path, or 'latest' of `folder`.
        folder: CheckpointFolder.

    Raises:
        CheckpointError: it does not exist, is damaged, or was not written by this training.
    """
    path = folder.latest if resume == "latest" else pathlib.Path(resume)
    if not path.is_file():
        raise CheckpointError(f"cannot resume: {path} does not exist; leave out --resume to start afresh")
    checkpoint = load_checkpoint(path)
    absent = [name for name in RESUME_ENTRIES if name not in checkpoint]
    if absent:
        raise CheckpointError(
            f"cannot resume: {path} has no {', '.join(absent)}; to start from its weights use --initial"
        )
    return checkpoint


def check_same_run(checkpoint: dict[str, Any], settings: TrainSettings) -> None:
    """Raise CheckpointError if a checkpoint to resume has another stage, optimizer or architecture."""
    saved = checkpoint["settings"]
    for name in ("stage", "optimizer", *Architecture.model_fields):
        if saved[name] != getattr(settings, name):
            raise CheckpointError(
                f"cannot resume: the checkpoint was trained with {name} = {saved[name]!r}, the settings say "
                f"{getattr(settings, name)!r}; resume with the same settings, or start afresh with --initial"
            )


def report_changes(before: Mapping[str, Any], settings: TrainSettings) -> None:
    """Log which settings differ from those of the continued run, and which of these take effect.

    Args:
        before: the settings in the checkpoint; a setting that it lacks did not exist then.
        settings: the settings that training continues with.
    """
    now = settings.as_dict()
    changed = [name for name in now.keys() & before.keys() if _plain(before[name]) != _plain(now[name])]
    phrases = {name: f"{name} {before[name]!r} -> {now[name]!r}" for name in sorted(changed) if name != "resume"}
    taken = [phrase for name, phrase in phrases.items() if name not in BEGUN]
    if taken:
        LOG.warning("resumed with other settings, which are taken from here on: %s", ", ".join(taken))
    if len(taken) < len(phrases):
        left = ", ".join(phrase for name, phrase in phrases.items() if name in BEGUN)
        LOG.warning(
            "not taken, because training continues from the checkpoint's own: %s (start again without --resume)", left
        )


def _plain(value: object) -> object:
    """A setting in comparable form: the file has lists for tuples."""
    return list(value) if isinstance(value, tuple) else value


def _duplicate(source: pathlib.Path, target: pathlib.Path) -> None:
    """Make `target` the same file as `source`, in one step."""
    with whole_or_absent(target) as draft:
        try:
            os.link(source, draft)
        except OSError:
            # Some file systems have no hard links.
            shutil.copyfile(source, draft)
