"""Opens the data sets that the settings name: sources of training clips, and what is held out for validation."""

import os
import pathlib
from typing import cast

from libs.dataset.entry import SegmentationData
from libs.dataset.registry import find_dataset
from libs.dataset.segmented import SegmentationDataset
from libs.dataset.selection import Lines
from libs.utils.errors import SettingsError
from ltr.admin.environment import PATHS
from ltr.admin.settings import TrainSettings
from ltr.data.sources import Source, StillSource, VideoSource

HELD_OUT_EVERY = 50
"""Without a list, every so many videos (or stills) by name are held out."""


def open_sources(settings: TrainSettings) -> tuple[list[tuple[Source, float]], Source, SegmentationDataset | None]:
    """Open everything the settings name.

    Returns:
        Training sources, a list of (source, weight); the validation source; and the validation data set if it is one of
        videos, else None. Validated on is the first of: videos without a published validation part (such as
        YouTube-VOS), videos with one (DAVIS), stills without, stills with one (COCO).

    Raises:
        SettingsError: when the path of a data set is not set, naming the three ways.
        DataError: when nothing is left of a data set.
    """
    # The settings take none but those for training, which have masks.
    entries = {cast(SegmentationData, find_dataset(name)): weight for name, weight in settings.sources.items()}
    ordered = sorted(entries, key=lambda entry: (entry.stills, entry.parts is not None))
    sources, held_out = [], []
    for entry in ordered:
        root = PATHS.find(entry.setting, settings.data_roots.get(entry.name))
        training, validation = _load(entry, root, settings.held_out if entry is ordered[0] else None)
        sources.append((_source(entry, training, settings), entries[entry]))
        held_out.append(validation)
    first = ordered[0]
    return sources, _source(first, held_out[0], settings), None if first.stills else held_out[0]


def _source(entry: SegmentationData, dataset: SegmentationDataset, settings: TrainSettings) -> Source:
    if entry.stills:
        return StillSource(dataset, settings, settings.balance)
    return VideoSource(dataset, settings.balance)


def _load(
    entry: SegmentationData, root: pathlib.Path, held_out: str | None
) -> tuple[SegmentationDataset, SegmentationDataset | None]:
    """Training and validation part of a data set. `held_out`: as in the settings; None: nothing is held out."""
    if entry.parts:
        training, validation = entry.parts
        return entry.objects(root, **training), entry.objects(root, **validation)
    if held_out is None:
        return entry.objects(root), None
    names = held_out_names(held_out) or [each.name for each in entry.objects(root).sequences[::HELD_OUT_EVERY]]
    return entry.objects(root, held_out=names), entry.objects(root, split=names)


def held_out_names(setting: str) -> Lines:
    """A list file's path, or the list of the names that stand in the setting; empty: none given.

    Args:
        setting: path of a list file, or names with commas between them.

    Raises:
        SettingsError: when it looks like a file and is none.
    """
    if os.path.isfile(setting):
        return setting
    if os.sep in setting or setting.endswith(".txt"):
        raise SettingsError(f"held_out names the list file {setting}, which does not exist")
    return [name.strip() for name in setting.split(",") if name.strip()]
