"""Writes videos of finished sequences, from the raw results and the images."""

import pathlib
from collections.abc import Iterator

import numpy as np
from tqdm import tqdm

from libs.dataset.sequence import Sequence
from libs.utils.errors import DataError
from pytracking.evaluation.overlay import WHITE, Overlay, write_overlays
from votTester.annotations import annotate
from votTester.datasets import VotDataset
from votTester.pictures import overlays_of
from votTester.results import find_results, read_masks, read_result
from votTester.toolkit.resets import frame_overlaps
from votTester.trajectory import FAILED, INITIALIZED, SKIPPED

STATES = {INITIALIZED: "start", FAILED: "failure", SKIPPED: "skipped"}


def write_videos(folder: pathlib.Path, dataset: VotDataset, videos: str | pathlib.Path) -> None:
    """Write `<videos>/<seq>.mp4` for each sequence's first repetition.

    Args:
        folder: the folder of the raw results; holds `baseline/`.
        dataset: votTester.datasets.VotDataset with images; sequences without results are skipped.
        videos: the folder to write to, created if missing.

    Raises:
        DataError: there are no images, one is unreadable, or the video cannot be written.
    """
    if dataset.sequences is None:
        raise DataError(f"dataset {dataset.name} was given without images: a video needs them")
    videos = pathlib.Path(videos)
    for sequence in tqdm(dataset.sequences, desc="videos", unit="video"):
        found = find_results(folder, sequence.name)
        if found:
            write_video(videos / f"{sequence.name}.mp4", sequence, found[0])


def write_video(path: pathlib.Path, sequence: Sequence, result: pathlib.Path) -> None:
    """Write one run over one sequence as mp4, with regions and mask, frame number, and overlap or state in every frame.

    Replaces a video of the same sequence, but keeps anything else at `path`; see `VideoWriter`.
    """
    trajectory = read_result(result, len(sequence))
    overlaps = frame_overlaps(trajectory, annotate(sequence))

    def frames() -> Iterator[tuple[np.ndarray, list[Overlay]]]:
        masks = read_masks(result, range(len(sequence)), sequence.image_size[::-1])
        for index, (region, mask) in enumerate(zip(trajectory.regions, masks, strict=True)):
            state = STATES[region] if isinstance(region, int) else f"overlap {overlaps[index]:.2f}"
            caption = Overlay(WHITE, text=f"{index + 1}  {state}")
            yield sequence.frame(index), [*overlays_of(sequence, trajectory, index, mask), caption]

    write_overlays(path, frames(), run=f"vot run on {sequence.name}")
