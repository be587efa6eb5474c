"""The network to time: a checkpoint, or an architecture with random weights in a temporary checkpoint."""

import contextlib
import dataclasses
import hashlib
import math
import pathlib
import tempfile

import torch

from libs.models.amb import AMB
from libs.models.checkpoint import save_checkpoint
from libs.models.config import AMBConfig
from pytracking.evaluation.environment import network_path

ARCHITECTURES = {"resnet50": AMBConfig()}
"""The paper's networks, which can be timed without their weights."""

EVERY_STEP = {
    "tracking_uncertainty_thr": math.inf,
    "uncertainty_segment_thr": math.inf,
    "hard_negative_threshold": math.inf,
    "segm_scale_estimation": False,
}
"""Parameters that give a network with random weights, which sees no target, the work of a normal frame: every frame is
segmented and learned, the filter is only improved every 10th frame, and the crops keep their size."""


@dataclasses.dataclass(frozen=True)
class TimedNetwork:
    """The network to time.

    Attributes:
        path: the checkpoint's path.
        name: name for the report.
        sha256: hash of the checkpoint's file; None for random weights.
        parameters: tracking parameters that differ from the defaults because of the network.
    """

    path: pathlib.Path
    name: str
    sha256: str | None
    parameters: dict


@contextlib.contextmanager
def timed_network(checkpoint, architecture=None):
    """Context with the TimedNetwork of a checkpoint (path or name) or, if given, of one of `ARCHITECTURES`.

    Raises:
        CheckpointError: raised by the tracker that is built from it, if the file cannot be used.
    """
    if architecture is None:
        path = network_path(checkpoint)
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        yield TimedNetwork(path, path.name, digest, {})
        return
    config = ARCHITECTURES[architecture]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"{architecture}.pth.tar"
        torch.manual_seed(0)
        save_checkpoint(path, net=AMB(config).state_dict(), constructor=config, stage="random weights")
        yield TimedNetwork(path, f"{architecture}, random weights", None, dict(EVERY_STEP))
