"""Boxes and other regions as text, one line of numbers each: the only parser and the only writer.

Regions may also be masks (see `libs.media.mask_regions`) or a code of VOT for no region.

Numbers may be separated by commas, tabs, blanks or semicolons, and a separator at the end of a line is ignored. A
decimal comma is accepted where no other meaning is possible, as in `198,5;214;34;81`; but `1,5 2,5 3,5 4,5` may be a
box or the four corners of a polygon, so a file of only such lines is refused where polygons are expected.
"""

import pathlib
import re
from collections.abc import Sequence

import numpy as np

from libs.media.mask_regions import MaskRegion, is_mask_line, parse_mask_line
from libs.media.text import read_lines
from libs.utils.errors import DataError
from libs.utils.polygons import polygon_area, region_to_polygon

BOX, REGION = (4,), (4, 8)
"""How many numbers a line may have: x, y, w, h, or the corners x1, y1, ... x4, y4 of a polygon."""
NUMBER = r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|nan|inf)"
# One kind of separator and no decimal comma: nearly every line.
PLAIN = re.compile(rf"{NUMBER}(?:,{NUMBER})*|{NUMBER}(?:\s+{NUMBER})*", re.IGNORECASE)
ONE_NUMBER = re.compile(NUMBER, re.IGNORECASE)
COMMA_SEPARATES = re.compile(r"\s*[,;]\s*|\s+")
COMMA_IS_DECIMAL = re.compile(r"\s*;\s*|,\s+|\s+")
TRAILING = " \t,;"
NO_REGION = ("0", "1")
"""VOT's codes for a target with an unknown region, and for one that cannot be seen."""

Rows = list[tuple[float, ...]]


def read_rows(path: pathlib.Path | str, counts: Sequence[int], header: bool = False) -> Rows:
    """The numbers of each line of a file; text from a quotation mark on is a label and is ignored.

    Args:
        path: the file.
        counts: how many numbers a line may have.
        header: whether to skip a first line without any number.

    Raises:
        DataError: the file is missing or empty, or a line (named) has something other than numbers, a wrong count of
            them, or two meanings.
    """
    what = f"{' or '.join(map(str, counts))} numbers a line"
    lines = read_lines(path, what)
    if not lines:
        raise DataError(f"{path} is empty: it should hold {what}")
    first = 1 if header and len(lines) > 1 and not any(map(ONE_NUMBER.fullmatch, re.split(r"[\s,;]+", lines[0]))) else 0
    origins = [_origin(path, index) for index in range(first, len(lines))]
    return parse_rows(lines[first:], counts, origins)


def parse_rows(lines: Sequence[str], counts: Sequence[int], origins: Sequence[str]) -> Rows:
    """As `read_rows`, for lines that are already read.

    Args:
        lines: stripped; what one of them says of the commas holds for all.
        counts: how many numbers a line may have.
        origins: file and line of each, for messages.
    """
    readings = [_readings(line, counts, origin) for line, origin in zip(lines, origins, strict=True)]
    possible = [kind for kind in ("separators", "decimal commas") if all(kind in reading for reading in readings)]
    if not possible:
        unlike = next(index for index, reading in enumerate(readings) if "separators" not in reading)
        raise DataError(
            f"{origins[unlike]}: commas are decimal commas here and separators in other lines; write points"
        )
    if len(possible) == 2:
        _refuse_two_meanings(lines, readings, origins)
    return [reading[possible[0]] for reading in readings]


def parse_region(line: str, origin: str) -> np.ndarray:
    """The (4,) or (8,) float64 numbers of a line; the caller judges NaN and empty areas.

    Args:
        line: stripped.
        origin: file and line, with which an error message begins.

    Raises:
        DataError: they are not 4 or 8 numbers, or have two meanings.
    """
    return np.array(parse_rows([line], REGION, [origin])[0])


def read_boxes(path: pathlib.Path | str, first_pixel: int = 0, header: bool = False) -> np.ndarray:
    """(T, 4) float64 boxes x, y, w, h, 0-based, from a file of such lines; NaN in frames without a box.

    Args:
        path: the file.
        first_pixel: 1 if the corner of the image is (1, 1) in the file, as MATLAB programs have it, else 0.
        header: as for `read_rows`.

    Raises:
        DataError: as `read_rows`.
    """
    boxes = np.array(read_rows(path, BOX, header))
    boxes[:, :2] -= first_pixel
    return mark_absent(boxes)


def read_regions(path: pathlib.Path | str) -> list[np.ndarray | MaskRegion]:
    """Regions of a file as VOT writes them: on each line 4 (x, y, w, h) or 8 (polygon) numbers, a mask, or a code.

    Returns:
        (4,) or (8,) float64 arrays, the numbers as written, or the mask; four NaN in frames without a region: those
        with a code, a number that is not finite, or no area. A mask may be empty.

    Raises:
        DataError: the file is missing or empty, or a line (named) is not a region or has two meanings.
    """
    what = "a region a line: 4 (x, y, w, h) or 8 (corners) numbers, or a mask"
    lines = read_lines(path, what)
    if not lines:
        raise DataError(f"{path} is empty: it should hold {what}")
    regions: dict[int, np.ndarray | MaskRegion] = {}
    for index, line in enumerate(lines):
        if is_mask_line(line):
            regions[index] = parse_mask_line(line, _origin(path, index))
        elif line in NO_REGION:
            regions[index] = np.full(4, np.nan)
    # Together, because what one line says of the commas holds for all.
    numeric = [index for index in range(len(lines)) if index not in regions]
    if numeric:
        rows = parse_rows([lines[index] for index in numeric], REGION, [_origin(path, index) for index in numeric])
        regions |= {index: _region_or_absent(row) for index, row in zip(numeric, rows, strict=True)}
    return [regions[index] for index in range(len(lines))]


def mark_absent(boxes: np.ndarray) -> np.ndarray:
    """(T, 4) boxes with NaN in all four numbers where one is not finite or the box has no area, so no target."""
    present = np.isfinite(boxes).all(axis=1, keepdims=True) & (boxes[:, 2:] > 0).all(axis=1, keepdims=True)
    return np.where(present, boxes, np.nan)


def format_region(region: np.ndarray, separator: str = "\t", first_pixel: int = 0) -> str:
    """A region as a line of a file, the numbers with four decimals.

    Args:
        region: 4 numbers x, y, w, h, or 8, or (4, 2), the corners; 0-based.
        separator: between them.
        first_pixel: coordinate of the image's corner in the file, 0 or 1.
    """
    numbers = np.array(region, dtype=np.float64).ravel()
    numbers[: 2 if numbers.size == 4 else None] += first_pixel
    return separator.join(f"{number:.4f}" for number in numbers)


def _origin(path: pathlib.Path | str, index: int) -> str:
    return f"{path}, line {index + 1}"


def _region_or_absent(row: tuple[float, ...]) -> np.ndarray:
    region = np.array(row)
    if np.isfinite(region).all():
        has_area = (region[2:] > 0).all() if region.size == 4 else polygon_area(region_to_polygon(region)) > 0
        if has_area:
            return region
    return np.full(4, np.nan)


def _readings(line: str, counts: Sequence[int], origin: str) -> dict[str, tuple[float, ...]]:
    """What a line can mean: 'separators' or 'decimal commas' (or both, the same without commas) -> numbers."""
    line = line.partition('"')[0].rstrip(TRAILING)
    if PLAIN.fullmatch(line):
        plain = tuple(map(float, line.split("," if "," in line else None)))
        found = {"separators": plain} if "," in line else {"separators": plain, "decimal commas": plain}
    else:
        found = {"separators": _numbers(COMMA_SEPARATES.split(line))}
        if "." not in line:
            fields = COMMA_IS_DECIMAL.split(line)
            found["decimal commas"] = _numbers([field.replace(",", ".", 1) for field in fields])
    found = {kind: numbers for kind, numbers in found.items() if len(numbers) in counts}
    if not found:
        expected = " or ".join(map(str, counts))
        raise DataError(f"{origin}: expected {expected} numbers, not {line[:80]!r}")
    return found


def _numbers(fields: list[str]) -> tuple[float, ...]:
    """The fields as numbers; empty if one is not a number."""
    return tuple(map(float, fields)) if all(map(ONE_NUMBER.fullmatch, fields)) else ()


def _refuse_two_meanings(
    lines: Sequence[str], readings: list[dict[str, tuple[float, ...]]], origins: Sequence[str]
) -> None:
    for line, reading, origin in zip(lines, readings, origins, strict=True):
        # By their lengths, because NaN is not equal to itself.
        if len(reading["separators"]) != len(reading["decimal commas"]):
            raise DataError(
                f"{origin}: {line[:80]!r} can be {len(reading['decimal commas'])} numbers with decimal commas or "
                f"{len(reading['separators'])} with commas between them; write decimal points"
            )
