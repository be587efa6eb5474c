"""Datasets by name: `get_dataset('otb', 'nfs')` gives their sequences, wherever they lie on this machine."""

import collections
import dataclasses
import functools
import pathlib
import warnings
from collections.abc import Callable

from libs.dataset.attributes import FILE as ATTRIBUTES_FILE
from libs.dataset.attributes import add_attributes
from libs.dataset.object_sequences import object_sequences, video_name
from libs.dataset.readers.got10k import load_got10k
from libs.dataset.readers.lasot import load_lasot
from libs.dataset.readers.nfs import load_nfs
from libs.dataset.readers.otb import load_otb
from libs.dataset.readers.tlp import load_tlp
from libs.dataset.readers.trackingnet import load_trackingnet
from libs.dataset.readers.uav123 import load_uav123
from libs.dataset.readers.video_segmentation import load_davis, load_youtube_vos
from libs.dataset.readers.vot import load_vot
from libs.dataset.rendered.sequences import mini_set
from libs.dataset.rendered.videos import mini_objects
from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.environment import dataset_path

RENDERED = {"mini": mini_set, "mini_objects": mini_objects}


@dataclasses.dataclass(frozen=True)
class DatasetEntry:
    """A dataset that has a name.

    Attributes:
        path: name of its folder's setting, without '_path'.
        load: function of the folder that gives a list of `libs.dataset.sequence.Sequence`.
        count: how many sequences it has, as published; None where that is not checked.
        prefix: put before its sequences' names, because results of all datasets share one folder.
    """

    path: str
    load: Callable
    count: int | None = None
    prefix: str = ""


def _davis(year, folder):
    return object_sequences(load_davis(folder, year, "val"))


def _youtube_vos(split, folder):
    return object_sequences(load_youtube_vos(folder / split if (folder / split).is_dir() else folder))


DATASETS = {
    "vot2016": DatasetEntry("vot2016", load_vot, 60),
    "vot2018": DatasetEntry("vot2018", load_vot, 60),
    "vot2019": DatasetEntry("vot2019", load_vot, 60),
    "otb": DatasetEntry("otb", load_otb, 100),
    "lasot": DatasetEntry("lasot", load_lasot, 280),
    "got10k_val": DatasetEntry("got10k", functools.partial(load_got10k, split="val"), 180),
    "got10k_test": DatasetEntry("got10k", functools.partial(load_got10k, split="test"), 180),
    "trackingnet": DatasetEntry("trackingnet", load_trackingnet, 511),
    "nfs": DatasetEntry("nfs", load_nfs, 100, "nfs_"),
    "uav123": DatasetEntry("uav123", load_uav123, 123, "uav_"),
    "tlp": DatasetEntry("tlp", load_tlp, 50, "tlp_"),
    "davis2016": DatasetEntry("davis", functools.partial(_davis, 2016)),
    "davis2017": DatasetEntry("davis", functools.partial(_davis, 2017)),
    "youtubevos_valid": DatasetEntry("youtubevos", functools.partial(_youtube_vos, "valid")),
}


def get_dataset(*names):
    """The sequences of one or more datasets.

    Args:
        names: each a key of `DATASETS`, or of `RENDERED` (needs no files), `NAME=FOLDER` for a dataset in that folder,
            or a folder in VOT layout or with JPEGImages and Annotations.

    Returns:
        list of `libs.dataset.sequence.Sequence`.

    Raises:
        SettingsError: a name is unknown, or its folder is not set (the message says how to).
        DataError: a dataset is absent or malformed, or two datasets have a sequence or video of one name.
    """
    return [sequence for sequences in load_datasets(*names).values() for sequence in sequences]


def load_datasets(*names):
    """The same by dataset: name as given -> list of sequences. Raises as `get_dataset`."""
    datasets = {str(name): _load(str(name)) for name in names}
    counts = collections.Counter(name for sequences in datasets.values() for name in _result_names(sequences))
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise DataError(
            f"{len(twice)} sequences of {', '.join(map(str, names))} have one name ({twice[0]}, ...), so that their "
            "results would overwrite each other; run these datasets one by one, with different --results"
        )
    return datasets


def _result_names(sequences):
    """Names of the results of one dataset's sequences; those of one video share some, but two sequences must not."""
    own = [sequence.name for sequence in sequences]
    return own + sorted({video_name(sequence) for sequence in sequences} - set(own))


def _folder(name):
    """Folder of a dataset given as to `get_dataset`; None for one that is rendered."""
    name, _, given = name.partition("=")
    if name in RENDERED:
        return None
    if name not in DATASETS:
        return pathlib.Path(name).expanduser()
    try:
        return dataset_path(DATASETS[name].path, given)
    except SettingsError as error:
        raise SettingsError(f"{error}: {name}=FOLDER in place of {name}") from error


def _load(name):
    folder = _folder(name)
    if folder is None:
        return RENDERED[name.partition("=")[0]]()
    label = name.partition("=")[0]
    entry = DATASETS.get(label)
    if not folder.is_dir():
        known = "" if entry else f"; nor is it one of {', '.join([*DATASETS, *RENDERED])}"
        raise DataError(f"dataset {name}: {folder} is not a folder{known}")
    sequences = (entry.load if entry else _load_folder)(folder)
    if entry and entry.count not in (None, len(sequences)):
        warnings.warn(f"{label} has {entry.count} sequences but {folder} holds {len(sequences)}", stacklevel=4)
    if (folder / ATTRIBUTES_FILE).is_file():
        sequences = add_attributes(sequences, folder / ATTRIBUTES_FILE)
    if entry and entry.prefix:
        sequences = [dataclasses.replace(sequence, name=entry.prefix + sequence.name) for sequence in sequences]
    return sequences


def _load_folder(folder):
    if (folder / "JPEGImages").is_dir():
        return object_sequences(load_youtube_vos(folder))
    if not (folder / "list.txt").is_file():
        raise DataError(
            f"dataset {folder} holds neither list.txt (VOT layout) nor JPEGImages (YouTube-VOS layout); a dataset in "
            f"its own layout is given as NAME=FOLDER, such as otb={folder}"
        )
    return load_vot(folder)
