"""Opens the datasets that the settings name, as sources of training clips and as clips held out for validation."""

import dataclasses
import logging
import os
import pathlib
from typing import cast

import numpy as np

from libs.dataset.entry import SegmentationData
from libs.dataset.registry import find_dataset
from libs.dataset.segmented import SegmentationDataset, VideoObject
from libs.dataset.selection import Lines
from libs.utils.errors import DataError, SettingsError
from ltr.admin.environment import PATHS
from ltr.admin.settings import TrainSettings
from ltr.data.sources import Source, StillSource, VideoSource

LOG = logging.getLogger(__name__)
HELD_OUT_EVERY = 50
"""Without a list, one in this many videos (or stills), sorted by name, is held out."""
MIN_TRAINING, MIN_HELD_OUT = 2, 3
"""Frames of an object for training and for validation in a single video; the first and last held out do not count."""


def open_sources(settings: TrainSettings) -> tuple[list[tuple[Source, float]], Source, SegmentationDataset | None]:
    """Open everything the settings name.

    Returns:
        Training sources, a list of (source, weight); the validation source; and the validation dataset if it has
        videos, else None. Validation uses the first of: videos without a published validation part (such as
        YouTube-VOS), videos with one (DAVIS), stills without, stills with one (COCO).

    Raises:
        SettingsError: the path of a dataset is not set; the message names the three ways to set it.
        DataError: nothing is left of a dataset.
    """
    # The settings accept only datasets for training, which have masks.
    entries = {cast(SegmentationData, find_dataset(name)): weight for name, weight in settings.sources.items()}
    ordered = sorted(entries, key=lambda entry: (entry.stills, entry.parts is not None))
    sources, held_out = [], []
    for entry in ordered:
        root = PATHS.find(entry.setting, settings.data_roots.get(entry.name))
        training, validation = _load(entry, root, settings if entry is ordered[0] else None)
        sources.append((_source(entry, training, settings), entries[entry]))
        held_out.append(validation)
    first = ordered[0]
    return sources, _source(first, held_out[0], settings), None if first.stills else held_out[0]


def _source(entry: SegmentationData, dataset: SegmentationDataset, settings: TrainSettings) -> Source:
    if entry.stills:
        return StillSource(dataset, settings, settings.balance)
    return VideoSource(dataset, settings.balance)


def _load(
    entry: SegmentationData, root: pathlib.Path, settings: TrainSettings | None
) -> tuple[SegmentationDataset, SegmentationDataset | None]:
    """Training and validation part of a dataset, by the settings that hold videos out; None: nothing is held out."""
    if entry.parts:
        training, validation = entry.parts
        return entry.objects(root, **training), entry.objects(root, **validation)
    if settings is None:
        return entry.objects(root), None
    names = held_out_names(settings.held_out)
    if not names and settings.held_out_share:
        return hold_out_share(entry.objects(root), settings.held_out_share)
    names = names or [each.name for each in entry.objects(root).sequences[::HELD_OUT_EVERY]]
    return entry.objects(root, held_out=names), entry.objects(root, split=names)


def hold_out_share(dataset: SegmentationDataset, share: float) -> tuple[SegmentationDataset, SegmentationDataset]:
    """Split off some of the videos, evenly spread, at least one; of a single video, its last frames.

    Args:
        dataset: a dataset of videos.
        share: the share of videos, or frames, to hold out, 0..1.

    Returns:
        the training part and the held-out part.

    Raises:
        DataError: a single video has no object with enough frames for both.
    """
    names = [sequence.name for sequence in dataset.sequences]
    if len(names) == 1:
        return _split_in_time(dataset, share)
    count = min(max(1, round(share * len(names))), len(names) - 1)
    held = {names[place] for place in np.linspace(0, len(names) - 1, count + 2)[1:-1].round().astype(int)}
    LOG.info("held out: %s (%d of %d clips)", ", ".join(sorted(held)), len(held), len(names))
    first, second = (
        [each for each in dataset.objects if (each.sequence.name in held) == part] for part in (False, True)
    )
    return _with(dataset, first), _with(dataset, second)


def _split_in_time(dataset: SegmentationDataset, share: float) -> tuple[SegmentationDataset, SegmentationDataset]:
    parts: tuple[list[VideoObject], list[VideoObject]] = [], []
    for each in dataset.objects:
        place = len(each.frames) - max(MIN_HELD_OUT, round(share * len(each.frames)))
        if place >= MIN_TRAINING:
            for part, chosen in zip(parts, (slice(place), slice(place, None)), strict=True):
                part.append(dataclasses.replace(each, frames=each.frames[chosen], boxes=each.boxes[chosen]))
    if not parts[0]:
        raise DataError(
            f"{dataset.name} is one clip, and no object of it has {MIN_TRAINING + MIN_HELD_OUT} annotated frames: "
            f"{MIN_TRAINING} to train on and {MIN_HELD_OUT} to hold out; annotate more, or add a clip"
        )
    LOG.info("held out: of the one clip, frames %d to its end", parts[1][0].frames[0])
    return _with(dataset, parts[0]), _with(dataset, parts[1])


def _with(dataset: SegmentationDataset, objects: list[VideoObject]) -> SegmentationDataset:
    sequences = {id(each.sequence): each.sequence for each in objects}
    return SegmentationDataset(dataset.name, list(sequences.values()), objects)


def held_out_names(setting: str) -> Lines:
    """A list file's path, or the names in the setting; an empty list if none are given.

    Args:
        setting: path of a list file, or names separated by commas.

    Raises:
        SettingsError: it looks like a file that does not exist.
    """
    if os.path.isfile(setting):
        return setting
    if os.sep in setting or setting.endswith(".txt"):
        raise SettingsError(f"held_out names the list file {setting}, which does not exist")
    return [name.strip() for name in setting.split(",") if name.strip()]
