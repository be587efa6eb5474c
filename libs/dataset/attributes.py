"""Attributes of whole sequences, such as OTB's 'OCC' (occlusion), from a table in a dataset's folder."""

import csv
import dataclasses
import pathlib
from collections.abc import Iterable, Mapping

import numpy as np

from libs.dataset.sequence import Sequence
from libs.media.text import read_lines
from libs.utils.errors import DataError

FILE = "attributes.csv"


def add_attributes(sequences: Iterable[Sequence], path: pathlib.Path) -> list[Sequence]:
    """The sequences, with the attributes from a table as tags that apply to every frame.

    Args:
        sequences: list of `Sequence`.
        path: CSV with the header `sequence` and the attributes' names, and a row of 0 and 1 for each sequence; names
            that are not in `sequences` are ignored, and sequences without a row have no attribute.

    Raises:
        DataError: the table is malformed; the message names the line.
    """
    table = _read_table(path)
    return [_with_attributes(sequence, table.get(sequence.name, {})) for sequence in sequences]


def _with_attributes(sequence: Sequence, attributes: Mapping[str, str]) -> Sequence:
    tags = {name: np.full(len(sequence), value == "1") for name, value in attributes.items()}
    return dataclasses.replace(sequence, tags=sequence.tags | tags)


def _read_table(path: pathlib.Path) -> dict[str, dict[str, str]]:
    """Sequence name -> {attribute: '0' or '1'}."""
    rows = list(csv.reader(read_lines(path, "a header and a row for each sequence")))
    if not rows or rows[0][:1] != ["sequence"] or len(set(rows[0])) != len(rows[0]):
        raise DataError(f"{path}, line 1: the header must be 'sequence' and the names of attributes, each once")
    table = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(rows[0]) or not set(row[1:]) <= {"0", "1"}:
            raise DataError(f"{path}, line {number}: expected a name and {len(rows[0]) - 1} values 0 or 1, not {row}")
        table[row[0]] = dict(zip(rows[0][1:], row[1:], strict=True))
    return table
