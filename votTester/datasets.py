"""Finds datasets by name or path, with images or from an annotation file alone."""

import dataclasses
import pathlib
import warnings
from collections.abc import Mapping
from collections.abc import Sequence as Several

import numpy as np

from libs.dataset.entry import TRACK, Dataset
from libs.dataset.loading import load_folder, load_sequences, split_name
from libs.dataset.registry import datasets_for
from libs.dataset.sequence import Sequence
from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.environment import PATHS
from votTester.annotations import Annotation, annotate, read_annotations


@dataclasses.dataclass(frozen=True)
class VotDataset:
    """Sequences to test or evaluate on.

    Attributes:
        name: 'vot2018', 'mini', or the name of the folder.
        annotations: list of Annotation.
        sequences: list of `libs.dataset.sequence.Sequence`; None if there is an annotation file but no images.
    """

    name: str
    annotations: list[Annotation]
    sequences: list[Sequence] | None


def load_dataset(
    name: str | pathlib.Path,
    data_root: Mapping[str, str | pathlib.Path] | None = None,
    sequences: Several[str] | None = None,
    strict: bool = False,
    every_frame: bool = True,
) -> VotDataset:
    """Find a dataset and read its sequences.

    Args:
        name: 'vot2018' or another dataset to track, NAME=FOLDER, a folder in VOT layout, or a JSON annotation file.
        data_root: dataset name -> folder or file, which takes precedence.
        sequences: names of the sequences wanted; None for all.
        strict: raise an error for sequences that are missing, damaged, or not annotated as the protocol needs.
        every_frame: leave out sequences that lack a region in some frame.

    Raises:
        SettingsError: a known dataset's folder is not set (the message names the three ways to set it).
        DataError: the dataset is absent or malformed, or has no such sequence.
    """
    entry, given = split_name(str(name))
    path = pathlib.Path((data_root or {}).get(str(name)) or given or _known_path(entry) or "").expanduser()
    label = entry.name if entry else _name_of(path)
    if path.is_file():
        return VotDataset(label, read_annotations(path, sequences), None)
    loaded = load_sequences(entry, path if entry.holds else None, strict) if entry else load_folder(path, strict)
    chosen = _choose(label, loaded, sequences)
    if every_frame:
        chosen = _annotated(chosen, label, strict)
    return VotDataset(label, [annotate(sequence) for sequence in chosen], chosen)


def _known_path(entry: Dataset | None) -> pathlib.Path | None:
    """The folder set for a dataset, or None if it needs none."""
    if entry is None or not entry.holds:
        return None
    try:
        return PATHS.find(entry.setting)
    except SettingsError as error:
        raise SettingsError(f"{error}: --dataset PATH, or VOTTester.data_root[{entry.name!r}]") from error


def _name_of(path: pathlib.Path) -> str:
    """The dataset's name: folder VOT2018 or file VOT2018.json gives 'vot2018'; others keep their name."""
    name = path.resolve().name.removesuffix(".json")
    return name.lower() if name.lower() in {each.name for each in datasets_for(TRACK)} else name


def _choose(label: str, available: list[Sequence], names: Several[str] | None) -> list[Sequence]:
    by_name = {sequence.name: sequence for sequence in available}
    unknown = [name for name in names or () if name not in by_name]
    if unknown:
        raise DataError(f"{label} has no sequence {', '.join(unknown)}; it has {', '.join(by_name)}")
    return [by_name[name] for name in names or by_name]


def _annotated(sequences: list[Sequence], label: str, strict: bool) -> list[Sequence]:
    """The sequences with a region in every frame, because the protocol may restart in any frame after a failure.

    Masks are refused: the protocol belongs to years with boxes and polygons as ground truth, and a tracker's output is
    stored as polygons, which would be judged against more detail than they can express.
    """
    masked = [each.name for each in sequences if each.mask_regions]
    if masked:
        raise DataError(
            f"the ground truth of {masked[0]} in {label} has masks, as that of VOT2020 and later; the reset protocol "
            "judges boxes and polygons: give --protocol vot2022/shortterm, or use run_tracker.py"
        )
    lacking = [each.name for each in sequences if any(np.isnan(region).any() for region in each.regions)]
    kept = [each for each in sequences if each.name not in lacking]
    reason = (
        f"{len(lacking)} of {len(sequences)} sequences of {label} lack regions ({', '.join(lacking[:8])}), which the"
    )
    reason += " reset protocol needs in every frame; run_tracker.py does with the first"
    if lacking and (strict or not kept):
        raise DataError(reason)
    if lacking:
        warnings.warn(f"left out: {reason}", stacklevel=3)
    return kept
