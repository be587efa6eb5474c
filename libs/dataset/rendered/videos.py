"""Rendered videos of several objects with label masks, to run segmentation of several objects anywhere."""

import dataclasses
import pathlib
from collections.abc import Iterable
from typing import overload

import numpy as np

from libs.dataset.object_boxes import label_boxes
from libs.dataset.object_sequences import object_sequences
from libs.dataset.rendered.scene import Scene
from libs.dataset.rendered.sequences import RATE, WALKERS, render_sequence
from libs.dataset.segmented import SegmentationDataset, objects_of
from libs.dataset.sequence import Sequence
from libs.media.images import write_image
from libs.media.mask_regions import MaskRegion
from libs.media.masks import write_mask

MINI_OBJECTS = ("companions", "similar_distractor")
# Fraction of an image: an object that enters, or is nearly hidden, is not annotated with less than this.
SMALLEST = 0.015


@dataclasses.dataclass(frozen=True)
class RenderedFrames:
    """Frames of a scene from frame `first` on, through `len`, `[i]` and `[first:]`; rendered on demand."""

    scene: Scene
    first: int = 0

    def __len__(self) -> int:
        return len(self.scene) - self.first

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...

    @overload
    def __getitem__(self, index: slice) -> "RenderedFrames": ...

    def __getitem__(self, index: int | slice) -> "np.ndarray | RenderedFrames":
        if isinstance(index, slice):
            return RenderedFrames(self.scene, self.first + (index.start or 0))
        return self.scene[self.first + index]


@dataclasses.dataclass(frozen=True)
class RenderedVideo:
    """A scene as `libs.dataset.segmented.SegmentedSequence`: object 1 is its target, the next are its companions.

    Attributes:
        name: of the video.
        scene: `libs.dataset.rendered.scene.Scene`.
        merged: False, as there.
    """

    name: str
    scene: Scene
    merged: bool = False

    def __len__(self) -> int:
        return len(self.scene)

    @property
    def images(self) -> RenderedFrames:
        """All frames."""
        return RenderedFrames(self.scene)

    @property
    def frame_names(self) -> list[str]:
        """00000, 00001, ..."""
        return [f"{index:05d}" for index in range(len(self))]

    def frame(self, index: int) -> np.ndarray:
        """Frame `index`, RGB uint8 (H, W, 3)."""
        return self.scene[index]

    def labels(self, index: int) -> np.ndarray:
        """Label mask of frame `index`, uint8 (H, W), 0 background, k object k."""
        labels = self.scene.labels(index, [self.scene.target, *self.scene.behind[WALKERS:]])
        small = np.flatnonzero(np.bincount(labels.ravel()) < SMALLEST * labels.size)
        labels[np.isin(labels, small)] = 0
        return labels

    def void_pixels(self, index: int) -> None:
        """None: every pixel is known."""
        return None


def render_video(difficulty: str, frames: int = 60, size: tuple[int, int] = (320, 240), seed: int = 0) -> RenderedVideo:
    """The target of a synthetic sequence and its companions, as a `RenderedVideo`; arguments and errors as there."""
    return RenderedVideo(difficulty, render_sequence(difficulty, frames, size, seed).frames)


def mini_objects(frames: int = 60, size: tuple[int, int] = (320, 240), seed: int = 0) -> list[Sequence]:
    """The objects of two rendered videos, a list of `Sequence`; each video has three, one of which enters later."""
    videos = [render_video(name, frames, size, seed) for name in MINI_OBJECTS]
    boxes = [{index: label_boxes(video.labels(index)) for index in range(frames)} for video in videos]
    objects = [each for video, shown in zip(videos, boxes, strict=True) for each in objects_of(video, shown)]
    return object_sequences(SegmentationDataset("mini_objects", videos, objects))


def write_youtube_vos(videos: Iterable[RenderedVideo], folder: str | pathlib.Path) -> None:
    """Write videos (list of `RenderedVideo`) as a YouTube-VOS folder: JPEGImages and Annotations of each."""
    for video in videos:
        images, masks = (pathlib.Path(folder) / kind / video.name for kind in ("JPEGImages", "Annotations"))
        for path in (images, masks):
            path.mkdir(parents=True)
        for index, name in enumerate(video.frame_names):
            write_image(images / f"{name}.jpg", video.frame(index))
            write_mask(masks / f"{name}.png", video.labels(index))


def write_vots(videos: Iterable[RenderedVideo], folder: str | pathlib.Path) -> None:
    """Write videos as a VOTS folder: `list.txt`, and images (JPEG) and masks in `groundtruth_<object>.txt` of each."""
    names = []
    for video in videos:
        target = pathlib.Path(folder) / video.name
        (target / "color").mkdir(parents=True)
        frames = [video.labels(index) for index in range(len(video))]
        for index in range(len(video)):
            write_image(target / "color" / f"{index + 1:08d}.jpg", video.frame(index))
        for number in np.unique(frames)[1:]:
            lines = [f"{MaskRegion.of(labels == number)}\n" for labels in frames]
            # Unknown before the object first appears, because the toolkit begins with what is there.
            first = next(index for index, labels in enumerate(frames) if (labels == number).any())
            (target / f"groundtruth_{number}.txt").write_text("".join(["0\n"] * first + lines[first:]))
        (target / "sequence").write_text(f"channels.color=color/%08d.jpg\nfps={round(RATE)}\nname={video.name}\n")
        names.append(f"{video.name}\n")
    (pathlib.Path(folder) / "list.txt").write_text("".join(names))
