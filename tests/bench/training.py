"""Measures how fast training is, and how long it waits for data.

Two measurements with the paper's network (ResNet-50, encoders frozen, three frames a clip):

- steps on one batch in memory, in clips per second and in GFLOP-equivalents a clip. The reference needs 634
  of them in fp32.
- training on rendered videos of 1280 x 720 pixels through the data loader, with the share of the time that the
  network waits for data.
"""

import itertools
import pathlib
import tempfile

import numpy as np
import torch

from libs.dataset.readers.video_segmentation import load_youtube_vos
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.models.amb import AMB
from libs.models.config import AMBConfig
from ltr.actors.clip_actor import ClipActor
from ltr.admin.settings import TrainSettings
from ltr.data.clip import Clip, collate_clips
from ltr.data.dataset import ClipDataset, clip_loader
from ltr.data.processing import ClipProcessor
from ltr.data.sampler import ClipSampler
from ltr.data.sources import VideoSource
from ltr.trainers.monitor import Stopwatch
from ltr.trainers.optimization import Optimization
from tests.bench.machine import (
    MatrixRate,
    clock,
    device_name,
    measure_stretches,
    median_cost,
    now,
    set_threads,
    versions,
)

REFERENCE_SECONDS, REFERENCE_GFLOPS = 3.60, 176
"""The reference's seconds per clip in fp32 with batch 1, and its machine's GFLOP/s, on two threads."""


def measure_training(options):
    """Both measurements, as a dict that JSON can hold.

    Args:
        options: of the command line: batch_size, crop, steps, threads, workers, precision (a list).
    """
    threads = set_threads(options.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return {
        "kind": "training",
        "settings": {
            "device": device.type,
            "device_name": device_name(device),
            "threads": threads,
            "clock": clock(device),
            **{name: getattr(options, name) for name in ("batch_size", "crop", "steps", "workers")},
        },
        "versions": versions(),
        "reference_gflop_equivalents": REFERENCE_SECONDS * REFERENCE_GFLOPS,
        "steps": {precision: measure_steps(options, device, precision) for precision in options.precision},
        "with_data": measure_with_data(options, device),
    }


def measure_steps(options, device, precision):
    """Steps on a batch in memory: best clips per second, the cost of a clip, the rate of matrix products."""
    step, _ = build_step(options, device, precision)
    rng = np.random.default_rng(0)
    batch = collate_clips([made_clip(rng, options.crop) for _ in range(options.batch_size)]).to(device)
    step(batch)

    def seconds_per_clip():
        start = now(device)
        step(batch)
        return [(now(device) - start) / options.batch_size]

    rate = MatrixRate(device)
    stretches = measure_stretches(rate, [seconds_per_clip] * options.steps)
    return {
        "clips_per_second": 1 / min(stretch.seconds[0] for stretch in stretches),
        "gflop_equivalents": median_cost(stretches),
        "matrix_gflops": rate.median(),
    }


def measure_with_data(options, device):
    """Steps on batches from the data loader, in the last of the precisions: clips per second, share of waiting."""
    with tempfile.TemporaryDirectory() as folder:
        render_videos(pathlib.Path(folder))
        dataset = load_youtube_vos(folder)
        step, settings = build_step(options, device, options.precision[-1])
        clips = ClipDataset([(VideoSource(dataset), 1.0)], ClipProcessor(settings, settings.architecture()), 3, 0)
        batches = iter(clip_loader(clips, ClipSampler(settings), options.batch_size, options.workers, device))
        step(next(batches).to(device))
        watch = Stopwatch()
        for batch in itertools.islice(batches, options.steps):
            watch.step_begins()
            step(batch.to(device))
            now(device)
            watch.step_ends()
        return {"precision": settings.precision, **watch.rates(options.steps * options.batch_size)}


def build_step(options, device, precision):
    """Function that trains on one batch, and the settings it follows."""
    settings = TrainSettings(
        precision=precision,
        batch_size=options.batch_size,
        crop_size=options.crop,
        crop_factor=4.0,
        clips_per_epoch=options.batch_size * (options.steps + 1),
        freeze_encoders=True,
    )
    network = AMB(AMBConfig(crop_size=options.crop)).to(device).to(memory_format=torch.channels_last)
    actor = ClipActor(
        network, settings.loss, settings.memory, settings, settings.freeze_encoders, settings.channels_last
    )
    optimization = Optimization(settings, network, device)
    actor.train()

    def step(batch):
        with optimization.autocast():
            loss = actor(batch).loss.mean()
        optimization.backward(loss)
        optimization.step(settings.lr)

    return step, settings


def made_clip(rng, size):
    """A clip of noise with one box as the object."""
    masks = torch.zeros(1, 3, size, size, dtype=torch.bool)
    masks[:, :, size // 3 : size // 2, size // 3 : size // 2] = True
    images = torch.from_numpy(rng.integers(0, 256, (3, 3, size, size), dtype=np.uint8))
    return Clip(images, masks, masks[:, 0].float(), torch.full((1, 3, 2), size / 2), False, "made")


def render_videos(root):
    """Four videos of 12 frames with a moving box, in YouTube-VOS layout."""
    rng = np.random.default_rng(0)
    for number in range(4):
        background = rng.integers(0, 256, (45, 80, 3), dtype=np.uint8).repeat(16, axis=0).repeat(16, axis=1)
        for kind in ("JPEGImages", "Annotations"):
            (root / kind / f"video{number}").mkdir(parents=True)
        for frame in range(12):
            image, labels = background.copy(), np.zeros((720, 1280), dtype=np.uint8)
            labels[200:360, 100 + 40 * frame : 300 + 40 * frame] = 1
            image[labels > 0] = (200, 80, 40)
            write_image(root / "JPEGImages" / f"video{number}" / f"{frame:05d}.jpg", image)
            write_mask(root / "Annotations" / f"video{number}" / f"{frame:05d}.png", labels)
