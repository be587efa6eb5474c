"""What fine-tuning brings on a rendered domain, by number of clips: the table of docs/finetune.md.

    python docs/finetune.py WORK_FOLDER [CLIPS ...]

Clips of one kind are rendered; the bundled network goes on from 1, 4 and 16 of them, and is scored on others of the
kind, which it never saw, before and after.
"""

import contextlib
import dataclasses
import pathlib
import sys
from collections.abc import Sequence

import numpy as np

from libs.dataset.readers.clips import load_clips
from libs.dataset.rendered.videos import render_video, write_youtube_vos
from libs.models.checkpoint import load_network
from libs.models.inference import prepare_for_inference
from ltr.run_training import main as train
from ltr.train_settings.DMB.finetune import BUNDLED
from ltr.trainers.validation import score_object

KIND, FRAMES, SIZE = "deformation", 16, (192, 144)
COUNTS, TEST_CLIPS = (1, 4, 16), 4
# So few that it takes minutes on a CPU; the defaults are 20 epochs of 64 clips.
OPTIONS = "--epochs 3 --clips 16 --device cpu --set warm_up=2 --set validation_clips=4"


def main(folder: pathlib.Path, counts: Sequence[int] = COUNTS) -> None:
    """Render, train, score, and print the table."""
    _render(folder / "test", range(100, 100 + TEST_CLIPS))
    print(f"| clips | J of {TEST_CLIPS} other clips |\n|---|---|", flush=True)
    print(f"| none | {_score(folder / 'test', BUNDLED):.3f} |", flush=True)
    for count in counts:
        clips, output = folder / f"clips_{count}", folder / f"out_{count}"
        _render(clips, range(count))
        train(["DMB", "finetune", "--data", str(clips), "--output", str(output), *OPTIONS.split()])
        best = output / "checkpoints" / "ltr" / "DMB" / "finetune" / "AMB_best.pth.tar"
        score = f"{_score(folder / 'test', best):.3f}" if best.is_file() else "as before"
        print(f"| {count} | {score} |", flush=True)


def _render(folder: pathlib.Path, seeds: range) -> None:
    videos = [(seed, render_video(KIND, FRAMES, SIZE, seed)) for seed in seeds]
    write_youtube_vos([dataclasses.replace(video, name=f"clip{seed:03d}") for seed, video in videos], folder)


def _score(folder: pathlib.Path, checkpoint: pathlib.Path) -> float:
    """Mean J of the first objects of the clips, propagated from their first masks."""
    network = prepare_for_inference(load_network(checkpoint, "cpu")[0], "fp32")
    objects = [each for each in load_clips(folder).objects if each.object_id == 1]
    scores = [score_object(network, each, contextlib.nullcontext) for each in objects]
    return float(np.mean([score[0] for score in scores if score is not None]))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), [int(count) for count in sys.argv[2:]] or COUNTS)
