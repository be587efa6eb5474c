"""Box ground truth in text files: a line a frame, whatever the separator; absent targets become NaN."""

import csv
import pathlib

import numpy as np

from libs.dataset.names import read_lines
from libs.utils.errors import DataError


def read_boxes(path, one_based=False):
    """Boxes of a file of four numbers x, y, w, h a line.

    Args:
        path: the file; numbers parted by commas, tabs, blanks or semicolons, `NaN` allowed.
        one_based: whether the corner of the image is (1, 1), as in files of MATLAB programs; then 1 is taken from x, y.

    Returns:
        (T, 4) float64, 0-based; NaN in frames without a box (see `mark_absent`).

    Raises:
        DataError: the file is missing or empty, or a line (named) is not four numbers.
    """
    boxes = read_table(path, 4)
    if one_based:
        boxes[:, :2] -= 1
    return mark_absent(boxes)


def mark_absent(boxes):
    """(T, 4) boxes with NaN in all four numbers where one is not finite or the box has no area: no target there."""
    present = np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > 0).all(axis=1)
    return np.where(present[:, None], boxes, np.nan)


def read_table(path, columns):
    """(T, columns) float64 from a file of as many numbers a line; text from a quotation mark on is a label, left out.

    Raises:
        DataError: the file is missing or empty, or a line (named) is not so many numbers.
    """
    lines = read_lines(path, f"{columns} numbers a line")
    if not lines:
        raise DataError(f"{path} is empty: it should hold {columns} numbers a line")
    return np.array([_parse_line(line, columns, f"{path}, line {n}") for n, line in enumerate(lines, start=1)])


def read_flags(path, length):
    """(length,) float64 numbers, parted by commas, blanks or line ends; what they mean is the file's affair.

    Raises:
        DataError: the file is missing, or does not hold `length` numbers.
    """
    what = f"{length} numbers, one a frame"
    return np.array(_parse_line(" ".join(read_lines(path, what)), length, str(path)))


def pad_unannotated(boxes, length, origin):
    """(length, 4) boxes: test sets keep all but the first to themselves; the frames behind it become NaN.

    Raises:
        DataError: there is neither one box nor `length`; `origin`, the file, begins the message.
    """
    if len(boxes) == 1:
        return np.concatenate([boxes, np.full((length - 1, 4), np.nan)])
    check_length(boxes, length, origin)
    return boxes


def check_length(boxes, length, origin):
    """Raises DataError unless there are `length` boxes, one an image; `origin`, the file, begins the message."""
    if len(boxes) != length:
        raise DataError(f"{origin} has {len(boxes)} boxes for {length} images; is the download complete?")


def read_frame_ranges(name):
    """The table `libs/dataset/data/<name>.csv`: sequence -> (first, last) image number of the sequence."""
    path = pathlib.Path(__file__).parent / "data" / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        return {row["sequence"]: (int(row["first"]), int(row["last"])) for row in csv.DictReader(stream)}


def in_range(images, frames):
    """The images whose number, the name without ending, lies in `frames` (first, last), both included."""
    first, last = frames
    return [image for image in images if image.stem.isdecimal() and first <= int(image.stem) <= last]


def _parse_line(line, count, origin):
    fields = line.split('"')[0].replace(",", " ").replace(";", " ").split()
    try:
        numbers = [float(field) for field in fields]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise DataError(f"{origin}: expected {count} numbers, not {line[:80]!r}")
    return numbers
