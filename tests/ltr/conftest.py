"""Rendered datasets and a tiny network for the tests of training."""

import pathlib

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.models.amb import AMB
from libs.models.config import AMBConfig
from libs.utils.local_settings import LocalPaths
from ltr.admin.distributed import World
from ltr.admin.settings import TrainSettings

SHAPE = (72, 96)
VIDEOS = {"alpha": 1, "beta": 1, "gamma": 2, "held": 1}


def draw_frame(rng, centres, radius=12):
    """A noisy gray image (H, W, 3) with one coloured disc per centre (x, y), and its label mask."""
    image = rng.integers(90, 130, (*SHAPE, 3)).astype(np.uint8)
    labels = np.zeros(SHAPE, dtype=np.uint8)
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    for number, (x, y) in enumerate(centres, start=1):
        disc = (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2 < radius**2
        image[disc] = (230, 60, 40) if number == 1 else (40, 80, 230)
        labels[disc] = number
    return image, labels


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path_factory, monkeypatch):
    """Read and write none of the user's files; use one thread, so that runs repeat exactly."""
    monkeypatch.setenv("DMB_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    for name in ("WORKSPACE", "YOUTUBEVOS", "DAVIS", "STILLS", "COCO"):
        monkeypatch.delenv(f"DMB_{name}_PATH", raising=False)
    monkeypatch.setattr(LocalPaths, "file", pathlib.Path("ltr/admin/no_local_file.py"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def video_root(tmp_path_factory):
    """YouTube-VOS layout: four videos of 8 frames, one of them with two objects."""
    root, rng = tmp_path_factory.mktemp("videos"), np.random.default_rng(0)
    for name, objects in VIDEOS.items():
        for frame in range(8):
            centres = [(25 + 4 * frame, 30), (70 - 3 * frame, 52)][:objects]
            image, labels = draw_frame(rng, centres)
            for kind in ("JPEGImages", "Annotations"):
                (root / kind / name).mkdir(parents=True, exist_ok=True)
            write_image(root / "JPEGImages" / name / f"{frame:05d}.jpg", image)
            write_mask(root / "Annotations" / name / f"{frame:05d}.png", labels)
    return root


@pytest.fixture(scope="session")
def stills_root(tmp_path_factory):
    """Folder of images/ and masks/: four stills."""
    root, rng = tmp_path_factory.mktemp("stills"), np.random.default_rng(1)
    for kind in ("images", "masks"):
        (root / kind).mkdir()
    for number in range(4):
        image, labels = draw_frame(rng, [(30 + 10 * number, 36)], radius=14)
        write_image(root / "images" / f"still{number}.jpg", image)
        write_mask(root / "masks" / f"still{number}.png", labels)
    return root


@pytest.fixture
def architecture():
    """A network so small that a training step takes a few milliseconds."""
    return AMBConfig(backbone="resnet18", key_dim=8, value_dim=16, decoder_dim=8, crop_size=64, crop_factor=3.0)


@pytest.fixture
def network(architecture):
    """The tiny network with random weights, always the same."""
    torch.manual_seed(0)
    return AMB(architecture)


@pytest.fixture
def tiny_settings(architecture, video_root, tmp_path):
    """Function from changes to valid settings of a tiny run on the videos."""
    base = TrainSettings(
        stage="tiny",
        backbone_weights="none",
        **architecture.as_dict(),
        data_roots={"youtubevos": str(video_root)},
        held_out="held",
        clips_per_epoch=8,
        workers=0,
        batch_size=2,
        epochs=2,
        lr=1e-3,
        validation_clips=2,
        validation_sequences=1,
        log_every=1,
        picture_every=0,
        output=str(tmp_path),
        device="cpu",
    )
    return lambda **changes: base.replace(**changes)


@pytest.fixture
def alone():
    """The world of a single process on the CPU."""
    return World(torch.device("cpu"))


@pytest.fixture
def scalars():
    """Function that reads what a run wrote to TensorBoard: (output folder, stage, tag) -> {step: value}."""

    def read(output, stage, tag):
        events = EventAccumulator(str(output / "tensorboard" / "ltr" / "DMB" / stage))
        events.Reload()
        return {event.step: event.value for event in events.Scalars(tag)}

    return read
