"""Datasets by name: `get_dataset('otb', 'nfs')` returns their sequences, wherever they are on this machine."""

import collections
import pathlib
from collections.abc import Sequence as Several

from libs.dataset.loading import load_folder, load_sequences, split_name
from libs.dataset.object_sequences import video_name
from libs.dataset.sequence import Sequence
from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.environment import PATHS


def get_dataset(*names: str | pathlib.Path, strict: bool = False) -> list[Sequence]:
    """The sequences of one or more datasets.

    Args:
        names: each the name of a dataset to track, or `MODULE:CLASS` for one outside the package, either followed by
            `=FOLDER` if needed; or a folder in VOT layout, or with JPEGImages and Annotations.
        strict: raise an error if sequences are missing or damaged, instead of leaving them out with a warning.

    Raises:
        SettingsError: a name is unknown, or its folder is not set (the message says how to).
        DataError: a dataset is missing or holds nothing readable, or two datasets have a sequence or video with the
            same name.
    """
    return [sequence for sequences in load_datasets(*names, strict=strict).values() for sequence in sequences]


def load_datasets(*names: str | pathlib.Path, strict: bool = False) -> dict[str, list[Sequence]]:
    """The sequences by dataset: name as given -> list of sequences. Raises as `get_dataset`."""
    datasets = {str(name): load_dataset(str(name), strict=strict) for name in names}
    counts = collections.Counter(name for sequences in datasets.values() for name in _result_names(sequences))
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise DataError(
            f"{len(twice)} sequences of {', '.join(map(str, names))} have one name ({twice[0]}, ...), so that their "
            "results would overwrite each other; run these datasets one by one, with different --results"
        )
    return datasets


def load_dataset(name: str, strict: bool = False) -> list[Sequence]:
    """The sequences of one dataset. Arguments and errors as for `get_dataset`."""
    dataset, given = split_name(name)
    if dataset is None:
        return load_folder(pathlib.Path(given or name).expanduser(), strict)
    if not dataset.holds:
        return load_sequences(dataset, None, strict)
    try:
        folder = PATHS.find(dataset.setting, given)
    except SettingsError as error:
        raise SettingsError(f"{error}: {name}=FOLDER in place of {name}") from error
    return load_sequences(dataset, folder, strict)


def _result_names(sequences: Several[Sequence]) -> list[str]:
    """Names of the results of one dataset's sequences; those of one video may share a name, but not two sequences."""
    own = [sequence.name for sequence in sequences]
    return own + sorted({video_name(sequence) for sequence in sequences} - set(own))
