"""Matches what different files hold: boxes and images, flags and frames, parts of videos."""

import csv
import pathlib
from collections.abc import Sequence

import numpy as np

from libs.media.regions import parse_rows
from libs.media.text import read_lines
from libs.utils.errors import DataError

DATA = pathlib.Path(__file__).parents[1] / "data"


def fit_boxes(boxes: np.ndarray, length: int, origin: object) -> np.ndarray:
    """(length, 4) boxes; if only the first frame has one, the boxes of the others are NaN.

    Args:
        boxes: (T, 4).
        length: number of images.
        origin: the file, with which error messages begin.

    Raises:
        DataError: the number of boxes is neither one nor `length`.
    """
    if len(boxes) == 1:
        return np.concatenate([boxes, np.full((length - 1, 4), np.nan)])
    if len(boxes) != length:
        raise DataError(f"{origin} has {len(boxes)} boxes for {length} images; is the download complete?")
    return boxes


def read_flags(path: pathlib.Path, length: int) -> np.ndarray:
    """(length,) float64 numbers of any meaning, separated by commas, blanks or line ends.

    Raises:
        DataError: the file is missing, or does not hold `length` numbers.
    """
    text = " ".join(line.rstrip(",;") for line in read_lines(path, f"{length} numbers, one a frame"))
    return np.array(parse_rows([text], [length], [str(path)])[0])


def hide(boxes: np.ndarray, *flags: pathlib.Path) -> np.ndarray:
    """(T, 4) boxes, NaN where any of the existing files of flags says 1, which means that the target cannot be seen."""
    for path in flags:
        if path.is_file():
            boxes[read_flags(path, len(boxes)) > 0] = np.nan
    return boxes


def read_frame_ranges(name: str) -> dict[str, tuple[int, int]]:
    """The table `libs/dataset/data/<name>.csv`: sequence -> (first, last) image number of the sequence."""
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        return {row["sequence"]: (int(row["first"]), int(row["last"])) for row in csv.DictReader(stream)}


def in_range(images: Sequence[pathlib.Path], frames: tuple[int, int]) -> list[pathlib.Path]:
    """The images whose number, the name without ending, lies in `frames` (first, last), both included."""
    first, last = frames
    return [image for image in images if image.stem.isdecimal() and first <= int(image.stem) <= last]
