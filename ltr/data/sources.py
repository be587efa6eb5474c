"""Sources of a clip's frames: a video, or a still that is set in motion."""

import collections
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from libs.dataset.segmented import SegmentationDataset, VideoObject
from libs.utils.errors import DataError
from ltr.data.synthesis import TARGET, SynthesisSettings, synthesize_clip

Frames: TypeAlias = list[tuple[np.ndarray, np.ndarray]]
"""Image (H, W, 3) uint8 and labels (H, W) uint8 of each frame of a clip."""

MIN_STILL_PIXELS = 64
"""Objects of stills with smaller boxes are not set in motion."""


class VideoSource:
    """Clips of annotated videos: frames that show one object, forwards or backwards in time.

    Args:
        dataset: a dataset of videos.
        balance: see `DataSettings`.
    """

    def __init__(self, dataset: SegmentationDataset, balance: float = 0.0):
        self._dataset = dataset
        self._shares = _shares(dataset.objects, balance)

    def draw(self, rng: np.random.Generator, frames: int, frame_gap: int) -> tuple[Frames, int, str]:
        """Draw a clip.

        Args:
            rng: numpy Generator.
            frames: number of frames T.
            frame_gap: largest distance between neighbouring frames, counted in annotated frames that show the object.

        Returns:
            List of T (image (H, W, 3) uint8, labels (H, W) uint8), label of the target, name of the clip.

        Raises:
            DataError: a file cannot be read; the message names it.
        """
        video = self._dataset[int(rng.choice(len(self._dataset), p=self._shares))]
        chosen = [int(video.frames[place]) for place in draw_places(rng, len(video.frames), frames, frame_gap)]
        name = f"{self._dataset.name}/{video.name} frames {', '.join(map(str, chosen))}"
        clip = [video.read_labels(index) for index in chosen]
        if any(not (labels == video.object_id).any() for _, labels in clip):
            raise DataError(f"{name}: a mask no longer shows the object; the cached boxes are older than the masks")
        return clip, video.object_id, name


class StillSource:
    """Clips made from stills with instance masks, see `synthesize_clip`.

    Args:
        dataset: `SegmentationDataset` of stills.
        settings: SynthesisSettings.
        balance: see `DataSettings`.

    Raises:
        DataError: no object is large enough.
    """

    def __init__(self, dataset: SegmentationDataset, settings: SynthesisSettings, balance: float = 0.0):
        self._name, self._settings = dataset.name, settings
        self._objects = [still for still in dataset.objects if still.boxes[0, 2:].prod() >= MIN_STILL_PIXELS]
        if not self._objects:
            raise DataError(f"{dataset.name}: no object has a box of {MIN_STILL_PIXELS} pixels or more")
        self._shares = _shares(self._objects, balance)

    def draw(self, rng: np.random.Generator, frames: int, frame_gap: int) -> tuple[Frames, int, str]:
        """Draw a clip; arguments, result and errors as in `VideoSource.draw`. The frame gap does not matter here."""
        names = []
        clip = synthesize_clip(rng, self._cutout(rng, names), lambda: self._cutout(rng, names), self._settings, frames)
        return clip, TARGET, f"{self._name}/{' + '.join(names)}"

    def _cutout(self, rng: np.random.Generator, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
        still = self._objects[int(rng.choice(len(self._objects), p=self._shares))]
        names.append(still.name)
        image, mask = still.read(int(still.frames[0]))
        if not mask.any():
            raise DataError(f"{self._name}/{still.name}: no pixel of this object shows in its mask")
        return image, mask


Source: TypeAlias = VideoSource | StillSource


def _shares(objects: Sequence[VideoObject], balance: float) -> np.ndarray:
    """How often each object is drawn, (N,) float64: a group of n objects has a weight of n ** (1 - balance)."""
    groups = [item.sequence.name.partition("_")[0] if "_" in item.sequence.name else "" for item in objects]
    sizes = collections.Counter(groups)
    weights = np.array([sizes[group] ** -balance for group in groups])
    return weights / weights.sum()


def draw_places(rng: np.random.Generator, length: int, frames: int, frame_gap: int) -> np.ndarray:
    """Places of a clip's frames in a list of `length` frames.

    Args:
        rng: numpy Generator.
        length: number of frames to choose from, at least 1.
        frames: number of frames T to choose.
        frame_gap: largest distance between neighbouring frames; reduced if the video is short.

    Returns:
        (T,) integers in 0 .. length - 1, ascending or descending; with repetitions if length < T.
    """
    steps = rng.integers(1, frame_gap + 1, size=frames - 1)
    while steps.sum() > length - 1 and steps.any():
        steps[steps.argmax()] -= 1
    start = rng.integers(0, length - steps.sum())
    places = start + np.concatenate([[0], np.cumsum(steps)])
    return places[::-1] if rng.random() < 0.5 else places
