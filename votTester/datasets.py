"""Datasets by name or path, with images or from an annotation file alone."""

import dataclasses
import pathlib

from libs.dataset.readers.vot import load_vot
from libs.dataset.rendered.sequences import mini_set
from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.environment import dataset_path
from votTester.annotations import annotate, read_annotations

PUBLISHED = ("vot2016", "vot2018", "vot2019")
MINI = "mini"


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Sequences to test or to evaluate on.

    Attributes:
        name: 'vot2018', 'mini', or the name of the folder.
        annotations: list of Annotation.
        sequences: list of `libs.dataset.sequence.Sequence`; None where there is an annotation file but no images.
    """

    name: str
    annotations: list
    sequences: list | None


def find_dataset(name, data_root=None, sequences=None):
    """Find and read a dataset.

    Args:
        name: 'vot2016', 'vot2018', 'vot2019', 'mini', a folder in VOT layout, or a JSON annotation file.
        data_root: dataset name -> folder, looked into first.
        sequences: names of the sequences wanted; None for all.

    Raises:
        SettingsError: a known dataset's folder is not set (the message names the three ways to set it).
        DataError: the dataset is absent or malformed, or has no such sequence.
    """
    path = (data_root or {}).get(name)
    if path is None and name == MINI:
        chosen = _choose(mini_set(), sequences)
        return Dataset(MINI, [annotate(sequence) for sequence in chosen], chosen)
    if path is None and name in PUBLISHED:
        path = _published_path(name)
    path = pathlib.Path(path or name).expanduser()
    if path.is_file():
        return Dataset(name if name in PUBLISHED else _name_of(path), read_annotations(path, sequences), None)
    if not path.is_dir():
        raise DataError(
            f"dataset {path} is absent; give one of {', '.join(PUBLISHED)}, {MINI}, a folder, or a JSON file"
        )
    loaded = load_vot(path, sequences)
    return Dataset(name if name in PUBLISHED else _name_of(path), [annotate(sequence) for sequence in loaded], loaded)


def _published_path(name):
    try:
        return dataset_path(name)
    except SettingsError as error:
        raise SettingsError(f"{error}: --dataset PATH, or VOTTester.data_root[{name!r}]") from error


def _name_of(path):
    """Folder VOT2018 or file VOT2018.json are the dataset 'vot2018'; others keep their name."""
    name = path.resolve().name.removesuffix(".json")
    return name.lower() if name.lower() in PUBLISHED else name


def _choose(available, names):
    by_name = {sequence.name: sequence for sequence in available}
    unknown = [name for name in names or () if name not in by_name]
    if unknown:
        raise DataError(f"the mini set has no sequence {', '.join(unknown)}; it has {', '.join(by_name)}")
    return [by_name[name] for name in names or by_name]
