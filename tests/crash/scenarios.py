"""The runs to kill: the VOT test, a run over a video, a training, the writing of checkpoints.

A scenario prepares its input in a folder when it is created. `command(output)` is a main function with its arguments,
which starts a run in a folder or continues the one there; `imports` are modules that it imports late;
`check(output)` fails unless every file is whole; two runs must agree in `numbers(output)`.
"""

import hashlib
import pathlib

import torch

import ltr.run_training
import pytracking.run_video
import votTester.cli
from libs.dataset.rendered.sequences import render_sequence, write_vot
from libs.media.images import write_image
from libs.media.masks import read_mask, write_mask
from libs.media.video_writer import VideoWriter
from libs.models.amb import AMB
from libs.models.checkpoint import load_checkpoint, save_checkpoint
from libs.models.config import AMBConfig
from libs.utils.polygons import polygon_to_box
from ltr.trainers.checkpoints import CheckpointFolder
from pytracking.evaluation.manifest import read_manifest
from pytracking.evaluation.video_manifest import run_digest
from votTester.results import read_result

NUMBERS = {"key_dim": 8, "value_dim": 16, "decoder_dim": 8, "crop_size": 64, "crop_factor": 3.0}
CONFIG = AMBConfig(backbone="resnet18", **NUMBERS)
SMALLEST = AMBConfig(backbone="lcnet_035", memory_encoder="light", **NUMBERS)
FRAMES = 8
VIDEO_FRAMES = 60
SEQUENCES = ("easy", "rotation", "illumination")
EPOCHS = 4
SAVES = 3
"""Saves of the latest state within an epoch."""
MEASURED_TIMES = ("clips_per_second", "data_wait")


def save_tiny_network(path):
    """Write a checkpoint of a small network with random weights, always the same."""
    torch.manual_seed(0)
    save_checkpoint(path, net=AMB(CONFIG).state_dict(), constructor=CONFIG, stage="stage1")


class VotTest:
    """`run_vot_test.py` with a small network on three rendered sequences."""

    imports = ("votTester.vot", "votTester.video")

    def __init__(self, folder):
        self.data, self.network = folder / "data", folder / "tiny.pth.tar"
        write_vot([render_sequence(name, FRAMES, (96, 72)) for name in SEQUENCES], self.data)
        save_tiny_network(self.network)

    def command(self, output):
        arguments = ["--dataset", self.data, "--results", output, "--checkpoint", self.network, "--device", "cpu"]
        return votTester.cli.main, list(map(str, arguments))

    def check(self, output):
        for folder in (output / "data").glob("*"):
            read_manifest(folder)
            for result in folder.glob("baseline/*/*_001.txt"):
                read_result(result, FRAMES)

    def numbers(self, output):
        results = {path.name: path.read_text() for path in (output / "data").glob("*/baseline/*/*.txt")}
        assert len(results) == 2 * len(SEQUENCES), results.keys()  # regions and masks
        return results


class VideoRun:
    """`run_video.py` with template matching on a rendered clip, with both outputs."""

    imports = ("pytracking.evaluation.video_command",)

    def __init__(self, folder):
        self.clip, sequence = folder / "clip.mp4", render_sequence(SEQUENCES[0], VIDEO_FRAMES, (96, 72))
        with VideoWriter(self.clip) as video:
            for index in range(VIDEO_FRAMES):
                video.write(sequence.frame(index))
        self.box = [f"{value:.2f}" for value in polygon_to_box(sequence.polygons[0])]

    def command(self, output):
        written = ["--save_results", "--results", output, "--output", output / "out.mp4"]
        arguments = ["ncc", "default", self.clip, "--optional_box", *self.box, *written]
        return pytracking.run_video.main, list(map(str, arguments))

    def check(self, output):
        for text in output.rglob("*.txt"):
            assert text.read_text().endswith("\n"), text
        # The last one may belong to a frame without boxes.
        for mask in sorted(output.rglob("*.png"))[:-1]:
            read_mask(mask)

    def numbers(self, output):
        (folder,) = output.glob("ncc/default/*")
        assert len(list((folder / "masks").iterdir())) == VIDEO_FRAMES
        assert VideoWriter(output / "out.mp4", run=run_digest(read_manifest(folder))).frames_before() == VIDEO_FRAMES
        return {path.name: path.read_bytes() for path in folder.rglob("*") if path.suffix in (".txt", ".png")}


class Training:
    """`ltr/run_training.py` with a small network: three epochs of four steps on two rendered videos."""

    imports = ("ltr.trainers.session",)

    def __init__(self, folder):
        self.data = folder / "data"
        for name in SEQUENCES:
            sequence = render_sequence(name, FRAMES, (96, 72))
            for kind in ("JPEGImages", "Annotations"):
                (self.data / kind / name).mkdir(parents=True)
            for index in range(FRAMES):
                write_image(self.data / "JPEGImages" / name / f"{index:05d}.jpg", sequence.frame(index))
                write_mask(self.data / "Annotations" / name / f"{index:05d}.png", sequence.mask(index))

    def command(self, output):
        settings = {
            "sources": {"youtubevos": 1.0},
            "backbone_weights": "none",
            **CONFIG.as_dict(),
            "validation_clips": 2,
            "validation_sequences": 0,
            "picture_every": 0,
        }
        arguments = f"DMB stage1 --output {output} --data-root {self.data} --held-out {SEQUENCES[-1]}"
        arguments += " --device cpu --crop 64 --clips 8 --batch-size 2 --epochs 3 --workers 0"
        changes = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
        resume = ["--resume"] if (self._folder(output) / "AMB_latest.pth.tar").is_file() else []
        return ltr.run_training.main, [*arguments.split(), *changes, *resume]

    def check(self, output):
        for path in self._folder(output).glob("AMB_*"):
            load_checkpoint(path)

    def numbers(self, output):
        return {path.name: _summary(load_checkpoint(path)) for path in self._folder(output).glob("AMB_*")}

    def _folder(self, output):
        return output / "checkpoints" / "ltr" / "DMB" / "stage1"


class CheckpointWriting:
    """Checkpoints as a training writes them, and nothing else, so that nearly every kill hits a write."""

    imports = ()

    def __init__(self, folder):
        """Needs no input."""

    def command(self, output):
        return write_checkpoints, str(output)

    def check(self, output):
        for path in output.glob("AMB_*"):
            checkpoint = load_checkpoint(path)
            assert (checkpoint["net"]["decoder.predict.weight"] == checkpoint["epoch"]).all(), path

    def numbers(self, output):
        return {path.name: _summary(load_checkpoint(path)) for path in output.glob("AMB_*")}


def write_checkpoints(output):
    """Write checkpoints until `EPOCHS` are complete, continuing after the last one; each weight is the epoch's number.

    Args:
        output: folder.
    """
    folder, done = CheckpointFolder(pathlib.Path(output)), 0
    if folder.latest.is_file():
        latest = load_checkpoint(folder.latest)
        done = latest["epoch"] - (not latest["complete"])
    network = AMB(SMALLEST)
    for epoch in range(done + 1, EPOCHS + 1):
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.fill_(epoch)
        content = {"net": network.state_dict(), "constructor": SMALLEST, "stage": "test", "epoch": epoch}
        for _ in range(SAVES):
            folder.save_latest({**content, "complete": False})
        folder.save_epoch({**content, "complete": True}, is_best=epoch % 2 == 0)


def _summary(checkpoint):
    """Epoch, metrics other than times, and a hash of the weights."""
    digest = hashlib.sha256()
    for tensor in checkpoint["net"].values():
        digest.update(tensor.numpy().tobytes())
    metrics = {name: value for name, value in checkpoint.get("metrics", {}).items() if name not in MEASURED_TIMES}
    return checkpoint["epoch"], metrics, digest.hexdigest()


SCENARIOS = {"vot": VotTest, "video": VideoRun, "training": Training, "checkpoint": CheckpointWriting}
