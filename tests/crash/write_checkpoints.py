"""Writes checkpoints one after the other, as a training does, and goes on after the last: to be killed."""

import pathlib
import sys

import torch

from libs.models.amb import AMB
from libs.models.checkpoint import load_checkpoint
from ltr.trainers.checkpoints import CheckpointFolder
from tests.crash.scenarios import CONFIG

EPOCHS = 4
SAVES = 3
"""Of the latest state in an epoch, before its end."""


def main(output):
    """Write until `EPOCHS` are done."""
    folder = CheckpointFolder(pathlib.Path(output))
    done = load_checkpoint(folder.latest)["epoch"] if folder.latest.is_file() else 0
    network = AMB(CONFIG)
    for epoch in range(done + 1, EPOCHS + 1):
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.fill_(epoch)
        content = {"net": network.state_dict(), "constructor": CONFIG, "stage": "test", "epoch": epoch}
        for _ in range(SAVES):
            folder.save_latest(content)
        folder.save_epoch(content, is_best=epoch % 2 == 0)


if __name__ == "__main__":
    main(sys.argv[1])
