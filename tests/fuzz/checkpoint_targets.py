"""Checkpoints: of this project, in the released format, in torch's old format, and to resume from."""

import functools
import io

import torch

from libs.models.amb import AMB
from libs.models.backbone import Backbone
from libs.models.checkpoint import load_checkpoint, load_network
from libs.models.released import released_views
from libs.utils.errors import CheckpointError
from ltr.train_settings.DMB.stage2 import settings
from ltr.trainers.checkpoints import CheckpointFolder, check_same_run, find_resumable
from tests.fuzz.mutations import mutate_archive, mutate_pickle
from tests.fuzz.target import Target
from tests.networks import SMALL


@functools.cache
def _small_state():
    torch.manual_seed(0)
    return {
        name: value.half() if value.is_floating_point() else value for name, value in AMB(SMALL).state_dict().items()
    }


def _saved(content, **options):
    stream = io.BytesIO()
    torch.save(content, stream, **options)
    return stream.getvalue()


def _excerpt(state_dict):
    """The last entries: too few for a network, so that every file is refused, but a thousand times faster."""
    return dict(list(state_dict.items())[-6:])


def _own_content(net):
    return {
        "net": net,
        "constructor": SMALL.as_dict(),
        "stage": "stage2",
        "epoch": 3,
        "settings": {"paths": ["a", None]},
    }


def _network_files():
    return {"net.pth.tar": _saved(_own_content(_small_state()))}


def _widths():
    """The entries of the released format that the network's architecture is read from."""
    released = released_views(_small_state(), SMALL)
    return {name: released[name] for name in ("KV_Q_r4.Key.bias", "KV_Q_r4.Value.bias", "Decoder.convFM.bias")}


def _excerpt_files(today):
    released = {"epoch": 7, "state_dict": {f"module.{name}": value for name, value in _widths().items()}}
    files = {"own.pth": _own_content(_excerpt(_small_state())), "released.pth": released, "bare.pth": _widths()}
    return {name: _saved(content, _use_new_zipfile_serialization=today) for name, content in files.items()}


def _resumable_files():
    stage = settings()
    entries = dict.fromkeys(("optimizer", "scaler", "ema", "sampler", "frame_gap", "best", "running"), 0)
    content = {**_own_content(_small_state()), **entries, "random": {}, "settings": stage.as_dict()}
    return {"latest.pth.tar": _saved(content)}


def _read_excerpts(folder):
    """Reads every file; undamaged files lack entries of the network, which does not matter here."""
    for path in folder.iterdir():
        try:
            load_checkpoint(path)
        except CheckpointError as error:
            if "does not fit the network" not in str(error):
                raise


def _resume(folder):
    check_same_run(find_resumable(folder / "latest.pth.tar", CheckpointFolder(folder)), settings())


def _read_trunk(folder):
    Backbone("resnet18", weights=folder / "resnet18.pth")


TARGETS = {
    "network": Target(_network_files, mutate_archive, lambda folder: load_network(folder / "net.pth.tar")),
    "excerpt": Target(functools.partial(_excerpt_files, True), mutate_archive, _read_excerpts, weight=6),
    "old_format": Target(functools.partial(_excerpt_files, False), mutate_pickle, _read_excerpts, weight=2),
    "resumable": Target(_resumable_files, mutate_archive, _resume, weight=0.5),
    "backbone": Target(
        lambda: {"resnet18.pth": _saved(Backbone("resnet18").net.half().state_dict())},
        mutate_archive,
        _read_trunk,
        weight=0.5,
    ),
}
