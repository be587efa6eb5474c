"""How fast training is, and how long it waits for data: `python tests/bench/training.py [--help]`.

Two measurements with the paper's network (ResNet-50, encoders frozen, three frames a clip):

- steps on one batch that lies in memory, in clips per second, in fp32 and in bf16; beside it the machine's rate at
  4096 x 4096 matrix products at the same moment, and with it the cost of a clip in GFLOP-equivalents (seconds times
  that rate), which can be compared between machines and loads. The reference needs 634 of them in fp32. On a CPU and
  with --threads 1, CPU time is taken, so that other programs do not count.
- training on rendered videos of 1280 x 720 pixels through the data loader, with the share of the time that the
  network waits for data.
"""

import argparse
import itertools
import pathlib
import tempfile
import time

import numpy as np
import torch

from libs.dataset.video_segmentation import load_youtube_vos
from libs.models.amb import AMB
from libs.models.config import AMBConfig
from libs.utils.images import write_image, write_mask
from ltr.actors.clip_actor import ClipActor
from ltr.admin.settings import TrainSettings
from ltr.data.clip import Clip, collate_clips
from ltr.data.dataset import ClipDataset, clip_loader
from ltr.data.processing import ClipProcessor
from ltr.data.sampler import ClipSampler
from ltr.data.sources import VideoSource
from ltr.trainers.monitor import Stopwatch
from ltr.trainers.optimization import Optimization

REFERENCE_SECONDS, REFERENCE_GFLOPS = 3.60, 176
"""The reference's seconds for a clip in fp32, batch 1, and its machine's GFLOP/s, on two threads."""


def main():
    """Print both measurements."""
    options = parse_options()
    if options.threads:
        torch.set_num_threads(options.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    print(f"device {device}, {torch.get_num_threads()} threads, batch {options.batch_size}, crop {options.crop}")
    for precision in options.precision:
        measure_steps(options, device, precision)
    measure_with_data(options, device)


def parse_options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--crop", type=int, default=384)
    parser.add_argument("--steps", type=int, default=4, help="steps to measure, after one to warm up")
    parser.add_argument("--threads", type=int, help="CPU threads of the training process")
    parser.add_argument("--workers", type=int, default=8, help="processes that load data")
    parser.add_argument("--precision", nargs="+", default=["fp32", "bf16"])
    return parser.parse_args()


def measure_steps(options, device, precision):
    """Steps on a batch in memory."""
    step, settings = build_step(options, device, precision)
    rng = np.random.default_rng(0)
    batch = collate_clips([made_clip(rng, options.crop) for _ in range(options.batch_size)]).to(device)
    step(batch)
    seconds, rates = [], []
    for _ in range(options.steps):
        rates.append(matrix_rate(device))
        start = now(device)
        step(batch)
        seconds.append((now(device) - start) / options.batch_size)
    cost, best = np.median(np.multiply(seconds, rates)), min(seconds)
    reference = REFERENCE_SECONDS * REFERENCE_GFLOPS
    print(
        f"steps, {settings.precision}: best {1 / best:.3f} clips/s ({best:.2f} s a clip), matrix products "
        f"{np.median(rates):.0f} GFLOP/s, a clip costs {cost:.0f} GFLOP-equivalents, {reference / cost:.2f} times the "
        "reference's fp32 rate"
    )


def measure_with_data(options, device):
    """Steps on batches from the data loader."""
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
        rates = watch.rates(options.steps * options.batch_size)
    print(
        f"with data, {settings.precision}, {options.workers} workers: {rates['clips_per_second']:.3f} clips/s, "
        f"{rates['data_wait']:.1%} of the time waiting for data"
    )


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
    actor = ClipActor(network, settings.loss, settings.memory, settings.freeze_encoders, settings.channels_last)
    optimization = Optimization(settings, network, device)
    actor.train()

    def step(batch):
        with optimization.autocast():
            loss = actor(batch).loss.mean()
        optimization.backward(loss)
        optimization.step()

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


def matrix_rate(device):
    """GFLOP/s of a 4096^3 fp32 matrix product, now."""
    a = torch.ones(4096, 4096, device=device)
    start = now(device)
    a @ a
    return 2 * 4096**3 / (now(device) - start) / 1e9


def now(device):
    """Seconds, when all work that was given to the device is done; CPU time of a single CPU thread."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif torch.get_num_threads() == 1:
        return time.process_time()
    return time.perf_counter()


if __name__ == "__main__":
    main()
