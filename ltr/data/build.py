"""Opens the data sets that the settings name: sources of training clips, and what is held out for validation."""

import os

from libs.dataset.readers.image_segmentation import load_coco, load_image_folder
from libs.dataset.readers.video_segmentation import load_davis, load_youtube_vos
from libs.utils.errors import SettingsError
from ltr.admin.environment import training_path
from ltr.data.sources import StillSource, VideoSource

VIDEOS = ("youtubevos", "davis")
HELD_OUT_EVERY = 50
"""Without a list, every so many videos (or stills) by name are held out."""


def open_sources(settings):
    """Open everything the settings name.

    Args:
        settings: TrainSettings.

    Returns:
        Training sources, a list of (source, weight); the validation source; and the validation `SegmentationDataset`
        if it is one of videos, else None. YouTube-VOS is validated on if it is among the sources, else DAVIS, the
        stills, COCO, in this order.

    Raises:
        SettingsError: when the path of a data set is not set, naming the three ways.
        DataError: when a data set is damaged, or nothing is left of it.
    """
    names = sorted(settings.sources, key=("youtubevos", "davis", "stills", "coco").index)
    sources, held_out = [], []
    for name in names:
        root = training_path(name, settings.data_roots.get(name))
        training, validation = _load(name, root, settings.held_out if name == names[0] else None)
        sources.append((_source(name, training, settings), settings.sources[name]))
        held_out.append(validation)
    videos = held_out[0] if names[0] in VIDEOS else None
    return sources, _source(names[0], held_out[0], settings), videos


def _source(name, dataset, settings):
    return VideoSource(dataset) if name in VIDEOS else StillSource(dataset, settings)


def _load(name, root, held_out):
    """Training and validation part of a data set. `held_out`: as in the settings; None: nothing is held out."""
    if name == "davis":
        return load_davis(root, subset="train"), load_davis(root, subset="val")
    if name == "coco":
        return load_coco(root, "train2017"), load_coco(root, "val2017")
    load = load_youtube_vos if name == "youtubevos" else load_image_folder
    if held_out is None:
        return load(root), None
    held_out = held_out_names(held_out) or [sequence.name for sequence in load(root).sequences[::HELD_OUT_EVERY]]
    return load(root, held_out=held_out), load(root, split=held_out)


def held_out_names(setting):
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
