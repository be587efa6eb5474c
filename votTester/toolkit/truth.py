"""Converts this project's sequences and videos to the toolkit's, with their ground truth."""

import collections.abc
from collections.abc import Callable

import numpy as np
from vot import region
from vot.region import Region

from libs.dataset.object_sequences import Video
from libs.dataset.sequence import Sequence
from votTester.toolkit.regions import polygon_region
from votTester.toolkit.sequences import NOT_KNOWN, MemorySequence

IGNORED = "_ignore"
"""Name under which the toolkit asks for pixels that do not count."""


class _PerFrame(collections.abc.Sequence):
    """T regions, each created on first use."""

    def __init__(self, length: int, make: Callable[[int], Region | None]) -> None:
        self._regions: list[Region | None] = [None] * length
        self._made = np.zeros(length, dtype=bool)
        self._make = make

    def __len__(self) -> int:
        return len(self._regions)

    def __getitem__(self, index: int) -> Region | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        if not self._made[index]:
            self._regions[index], self._made[index] = self._make(index), True
        return self._regions[index]


def sequence_of(sequence: Sequence, masks: bool) -> MemorySequence:
    """A sequence with its one target.

    Args:
        sequence: a sequence with images.
        masks: whether to use masks as the truth if there are both masks and other regions.
    """
    return MemorySequence(
        sequence.name,
        {"object": _truth(sequence, 0, len(sequence), masks), IGNORED: _ignored([(sequence, 0)], len(sequence))},
        sequence.image_size,
        sequence.frame,
        sequence.tags,
        sequence.values,
        sequence.rate,
        sequence.masks is not None,
    )


def video_of(video: Video, masks: bool) -> MemorySequence:
    """A video with all of its objects; data about its frames come from an object that is there from the first one.

    Arguments as for `sequence_of`.
    """
    objects = list(video.objects.values())
    names = getattr(getattr(objects[0][0].masks, "source", None), "object_names", {})
    truths = {
        names.get(key, str(key)): _truth(sequence, first, len(video), masks)
        for key, (sequence, first) in video.objects.items()
    }
    whole = next((sequence for sequence, first in objects if first == 0), None)
    return MemorySequence(
        video.name,
        {**truths, IGNORED: _ignored(objects, len(video))},
        objects[0][0].image_size,
        video.frame,
        whole.tags if whole else None,
        whole.values if whole else None,
        objects[0][0].rate,
        all(sequence.masks is not None for sequence, _ in objects),
    )


def _truth(sequence: Sequence, first: int, length: int, masks: bool) -> _PerFrame:
    """Regions of an object over a video of `length` frames; its sequence begins in frame `first`."""
    return _PerFrame(length, lambda index: _region(sequence, index - first, masks) if index >= first else NOT_KNOWN)


def _region(sequence: Sequence, index: int, masks: bool) -> Region:
    # Rectangles stay rectangles, although the toolkit draws them one pixel smaller than a polygon of their corners:
    # this is the region that it would read from a file.
    if index in sequence.mask_regions or (masks and sequence.masks is not None):
        mask = sequence.mask(index)
        return NOT_KNOWN if mask is None else region.Mask(mask, optimize=bool(mask.any()))
    numbers = sequence.regions[index]
    if not np.isfinite(numbers).all():
        return NOT_KNOWN
    return region.Rectangle(*numbers) if numbers.size == 4 else polygon_region(numbers.reshape(-1, 2))


def _ignored(objects: list[tuple[Sequence, int]], length: int) -> _PerFrame:
    def make(index: int) -> Region | None:
        sequence, first = next(((each, first) for each, first in objects if first <= index), (None, 0))
        pixels = sequence.void_pixels(index - first) if sequence else None
        return None if pixels is None else region.Mask(pixels)

    return _PerFrame(length, make)
