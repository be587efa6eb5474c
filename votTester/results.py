"""Raw results on disk: the VOT baseline text format, one file per sequence and repetition, never half written.

<folder>/baseline/<seq>/<seq>_001.txt          one line a frame: 1, 2, 0, or the region's 4 or 8 numbers
<folder>/baseline/<seq>/<seq>_001_time.value   one line a frame: seconds, or nothing
<folder>/baseline/<seq>/<seq>_001_masks.txt    one line a frame: the tracker's mask as VOT writes masks, or nothing
"""

import glob
import pathlib
from collections.abc import Iterable, Iterator

import numpy as np

from libs.dataset.names import check_name
from libs.media.files import write_text
from libs.media.mask_regions import parse_mask_line
from libs.media.regions import format_region, parse_region
from libs.media.text import read_lines
from libs.utils.errors import DataError
from libs.utils.polygons import region_to_polygon
from votTester.trajectory import FAILED, INITIALIZED, SKIPPED, Entry, Trajectory, is_code

EXPERIMENT = "baseline"


def result_file(folder: str | pathlib.Path, sequence_name: str, repetition: int = 1) -> pathlib.Path:
    """Path of a raw result; `repetition` counts from 1. Raises DataError for a name that leads out of the folder."""
    check_name(sequence_name, "sequence")
    return pathlib.Path(folder) / EXPERIMENT / sequence_name / f"{sequence_name}_{repetition:03d}.txt"


def find_results(folder: str | pathlib.Path, sequence_name: str) -> list[pathlib.Path]:
    """The existing raw results of a sequence, in the order of their repetitions."""
    pattern = f"{glob.escape(sequence_name)}_[0-9][0-9][0-9].txt"
    return sorted((pathlib.Path(folder) / EXPERIMENT / sequence_name).glob(pattern))


def find_all_results(folder: str | pathlib.Path) -> dict[tuple[str, int], pathlib.Path]:
    """(name of the sequence, repetition) -> raw result, for all results in a folder."""
    found = {}
    for path in sorted((pathlib.Path(folder) / EXPERIMENT).glob("*/*_[0-9][0-9][0-9].txt")):
        name, _, repetition = path.stem.rpartition("_")
        if name == path.parent.name:
            found[name, int(repetition)] = path
    return found


def time_file(path: pathlib.Path) -> pathlib.Path:
    """The file of times that belongs to a raw result."""
    return path.with_name(f"{path.stem}_time.value")


def mask_file(path: pathlib.Path) -> pathlib.Path:
    """The file of masks that belongs to a raw result; trackers that report none have no such file."""
    return path.with_name(f"{path.stem}_masks.txt")


def read_masks(path: pathlib.Path, indices: Iterable[int], shape: tuple[int, ...]) -> Iterator[np.ndarray | None]:
    """The masks that a tracker reported.

    Args:
        path: path of the raw result.
        indices: indices of the frames.
        shape: (H, W, ...), the images' shape.

    Yields:
        (H, W) bool for each frame; None if no mask is recorded.

    Raises:
        DataError: a line is not a mask.
    """
    file = mask_file(path)
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    for index in indices:
        line = lines[index] if index < len(lines) else ""
        yield parse_mask_line(line, f"{file}, line {index + 1}").draw(shape) if line else None


def write_result(path: pathlib.Path, trajectory: Trajectory) -> None:
    """Write a trajectory so that the file at `path` is either absent or whole."""
    if trajectory.seconds is not None:
        times = ["" if np.isnan(value) else f"{value:.6f}" for value in trajectory.seconds]
        write_text(time_file(path), "\n".join(times) + "\n")
    if trajectory.masks:
        masks = [trajectory.masks.get(index, "") for index in range(len(trajectory))]
        write_text(mask_file(path), "".join(f"{mask}\n" for mask in masks))
    # Last, because this file marks the sequence as finished.
    write_text(path, "".join(f"{_format_region(region)}\n" for region in trajectory.regions))


def read_result(path: pathlib.Path, length: int) -> Trajectory:
    """Read a raw result.

    Args:
        path: the file.
        length: number of frames of the sequence.

    Returns:
        Trajectory; rectangles of 4 numbers become their polygons.

    Raises:
        DataError: the file is missing, has another number of lines, or a line is neither a code nor a region.
    """
    lines = read_lines(path, "one code or region a line")
    if len(lines) != length:
        raise DataError(
            f"{path} has {len(lines)} lines but the sequence has {length} frames; delete the file and run again, or "
            "give the dataset that it was made on"
        )
    regions = [_parse_region(line, path, number) for number, line in enumerate(lines, start=1)]
    first = next((index for index, region in enumerate(regions) if not is_code(region, SKIPPED)), 0)
    if not is_code(regions[first], INITIALIZED):
        raise DataError(f"{path}, line {first + 1}: a reset-based result starts with 1, not {lines[first][:40]!r}")
    return Trajectory(regions, _read_times(time_file(path), length))


def _format_region(region: Entry) -> str:
    return str(region) if isinstance(region, int) else format_region(region, ",")


def _parse_region(line: str, path: pathlib.Path, number: int) -> Entry:
    if line in (str(SKIPPED), str(INITIALIZED), str(FAILED)):
        return int(line)
    try:
        values = parse_region(line, f"{path}, line {number}")
    except DataError as error:
        raise DataError(f"{error}, nor 0, 1 or 2") from error
    if not np.isfinite(values).all():
        raise DataError(f"{path}, line {number}: the region has a number that is not finite: {line[:60]!r}")
    return region_to_polygon(values)


def _read_times(path: pathlib.Path, length: int) -> np.ndarray | None:
    """(length,) seconds, or None if there is no usable file of times beside the result."""
    if not path.is_file():
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        seconds = np.array([float(line) if line.strip() else np.nan for line in lines])
    except ValueError as error:
        raise DataError(f"{path}: {error}; delete the file if the times do not matter") from error
    return seconds if seconds.size == length else None
