"""Sequences to track, from a dataset of the registry or from a folder whose layout is recognised."""

import dataclasses
import pathlib
import warnings

from libs.dataset.attributes import FILE as ATTRIBUTES_FILE
from libs.dataset.attributes import add_attributes
from libs.dataset.entry import TRACK, Dataset
from libs.dataset.object_sequences import object_sequences, video_name
from libs.dataset.registry import datasets_for, find_dataset, is_dataset, is_name
from libs.dataset.sequence import Sequence
from libs.utils.errors import DataError, SettingsError


def split_name(text: str) -> tuple[Dataset | None, str | None]:
    """The dataset and the folder that a text names; either may be None.

    Args:
        text: NAME or MODULE:CLASS of a dataset, NAME=FOLDER, or a folder, which may have '=' and ':' in its path.
    """
    name, equals, folder = text.partition("=")
    if not is_name(text) and pathlib.Path(text).expanduser().exists():
        return None, text
    if not is_dataset(name):
        return None, text
    dataset = find_dataset(name)
    if TRACK not in dataset.uses:
        raise SettingsError(
            f"dataset {name} is one to train on; to track are {', '.join(each.name for each in datasets_for(TRACK))}"
        )
    return dataset, folder if equals else None


def load_sequences(dataset: Dataset, folder: pathlib.Path | None, strict: bool = False) -> list[Sequence]:
    """The sequences of a dataset, with its convention, prefix and attributes.

    Args:
        dataset: from the registry.
        folder: where it is; None if it needs none.
        strict: raise an error if anything is missing or damaged, or if the count is not the published one.

    Raises:
        DataError: the folder is absent, or holds nothing of this dataset.
    """
    if dataset.holds and not (folder and folder.is_dir()):
        raise DataError(f"dataset {dataset.name}: {folder} is not a folder; it should be {dataset.holds}")
    sequences = dataset.sequences(folder, strict)
    _check_count(dataset, sequences, folder, strict)
    if folder:
        sequences = _with_attributes(sequences, folder)
    return [
        dataclasses.replace(each, name=dataset.prefix + each.name, convention=dataset.convention) for each in sequences
    ]


def load_folder(folder: pathlib.Path, strict: bool = False) -> list[Sequence]:
    """The sequences of a folder in VOT layout, or of one with JPEGImages and Annotations.

    Args:
        folder: the folder.
        strict: as for `load_sequences`.

    Raises:
        DataError: it is missing, has another layout, or holds nothing readable.
    """
    if not folder.is_dir():
        known = ", ".join(each.name for each in datasets_for(TRACK))
        raise DataError(f"dataset {folder} is neither a folder nor a file; nor is it one of {known}")
    if (folder / "JPEGImages").is_dir():
        from libs.dataset.readers.video_segmentation import load_youtube_vos

        return object_sequences(load_youtube_vos(folder, strict=strict))
    if not (folder / "list.txt").is_file():
        raise DataError(
            f"dataset {folder} holds neither list.txt (VOT layout) nor JPEGImages (YouTube-VOS layout); a dataset in "
            f"its own layout is given as NAME=FOLDER, such as otb={folder}"
        )
    from libs.dataset.readers.vot import load_vot

    return _with_attributes(load_vot(folder, strict), folder)


def _with_attributes(sequences: list[Sequence], folder: pathlib.Path) -> list[Sequence]:
    table = folder / ATTRIBUTES_FILE
    return add_attributes(sequences, table) if table.is_file() else sequences


def _check_count(dataset: Dataset, sequences: list[Sequence], folder: pathlib.Path | None, strict: bool) -> None:
    found = len({video_name(sequence) for sequence in sequences})
    if dataset.count in (None, found):
        return
    difference = f"{dataset.name} has {dataset.count} sequences but {folder} holds {found}"
    if strict:
        raise DataError(difference)
    warnings.warn(difference, stacklevel=3)
