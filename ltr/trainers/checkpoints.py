"""The checkpoint files of a training stage, and which of them to go on from."""

import os
import pathlib
import shutil

from libs.media.files import whole_or_absent
from libs.models.checkpoint import load_checkpoint, save_checkpoint
from libs.utils.errors import CheckpointError
from ltr.admin.settings import ARCHITECTURE_FIELDS

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

    Every file is complete at any moment: it is written beside its place and renamed.

    Args:
        folder: checkpoints/ltr/DMB/<stage> below the output folder.
    """

    def __init__(self, folder):
        self._folder = pathlib.Path(folder)
        self.latest = self._folder / "AMB_latest.pth.tar"
        self.best = self._folder / "AMB_best.pth.tar"

    def epoch(self, number):
        """Path of an epoch's checkpoint."""
        return self._folder / f"AMB_ep{number:04d}.pth.tar"

    def check_unused(self) -> None:
        """Raises CheckpointError where there are the checkpoints of a training, which another would replace."""
        if self.latest.exists():
            raise CheckpointError(
                f"{self._folder} holds the checkpoints of a training, which this one would replace: go on with it by "
                "--resume, give another --output, or move that folder away"
            )

    def save_latest(self, content):
        """Write what training can go on from; `content` are the arguments of `save_checkpoint`."""
        save_checkpoint(self.latest, **content)

    def save_epoch(self, content, is_best):
        """Write the checkpoint of a complete epoch (`content['epoch']`), which is also the latest, and perhaps best."""
        path = self.epoch(content["epoch"])
        save_checkpoint(path, **content)
        # The latest last: whoever is killed before it does this epoch again, after it the next.
        for other in [self.best, self.latest] if is_best else [self.latest]:
            _duplicate(path, other)


def find_resumable(resume, folder):
    """Read the checkpoint to go on from.

    Args:
        resume: path, or 'latest' of `folder`.
        folder: CheckpointFolder.

    Raises:
        CheckpointError: when it is not there, is damaged, or was not written by this training.
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


def check_same_run(checkpoint, settings):
    """Raises CheckpointError when a checkpoint to resume is of another stage or architecture than the settings."""
    saved = checkpoint["settings"]
    for name in ("stage", *ARCHITECTURE_FIELDS):
        if saved[name] != getattr(settings, name):
            raise CheckpointError(
                f"cannot resume: the checkpoint was trained with {name} = {saved[name]!r}, the settings say "
                f"{getattr(settings, name)!r}; resume with the same settings, or start afresh with --initial"
            )


def _duplicate(source, target):
    """Make `target` the same file as `source`, in one step."""
    with whole_or_absent(target) as draft:
        try:
            os.link(source, draft)
        except OSError:
            # Some file systems have no hard links.
            shutil.copyfile(source, draft)
