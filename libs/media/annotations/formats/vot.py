"""VOT: a region a line, in `groundtruth.txt`, or in `groundtruth_<object>.txt` for each of several objects."""

import contextlib
import functools
import pathlib
from collections.abc import Iterator
from typing import TextIO

import numpy as np

from libs.media.annotations.format import Add, Format
from libs.media.annotations.record import Entry, FrameRecord, ObjectRecord, Recording, Size, Video, as_box, check_number
from libs.media.mask_regions import MaskRegion, is_mask_line, parse_mask_line
from libs.media.regions import format_region
from libs.media.text import read_lines
from libs.utils.errors import DataError
from libs.utils.polygons import polygon_area

TRUTH = "groundtruth.txt"
ABSENT = "0"
"""The toolkit's special region: nothing is known, or there is nothing."""


class VOT(Format):
    """Masks as the toolkit writes them (`m` x, y, w, h, runs along the rows), else 8 numbers, else 4; `0` is none."""

    name = "vot"
    title = "VOT's groundtruth.txt: masks, polygons or boxes, a line a frame; in a folder"

    def recognises(self, path: pathlib.Path) -> bool:
        """See Format.recognises: a folder with ground truth, or a text file whose first line is a region."""
        if path.is_dir():
            return bool(_files_of(path))
        if path.suffix.lower() != ".txt":
            return False
        try:
            with path.open(encoding="utf-8-sig") as stream:
                line = stream.readline().strip()
            return is_mask_line(line) or len([float(field) for field in line.split(",")]) in (4, 8)
        except (OSError, ValueError):
            return False

    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """See Format.read; one file alone is object 1."""
        files = _files_of(path) if path.is_dir() else {1: path}
        if not files:
            raise DataError(f"{path} holds no {TRUTH}")
        lines = {number: read_lines(file, "a region a line") for number, file in files.items()}
        length = max(map(len, lines.values()))
        size = video.size or _smallest_size(lines, files)
        entries = [Entry(index, "", functools.partial(_objects, files, lines, index, size)) for index in range(length)]
        name = (path if path.is_dir() else path.parent).resolve().name
        return Recording(str(path), entries, Video(name, video.size, length))

    @contextlib.contextmanager
    def write(self, path: pathlib.Path, video: Video) -> Iterator[Add]:
        """See Format.write."""
        path.mkdir()
        with contextlib.ExitStack() as stack:
            files: dict[int, TextIO] = {}
            written = 0

            def add(frame: FrameRecord) -> None:
                nonlocal written
                objects = {each.number: each for each in frame.objects}
                for number in sorted(objects.keys() - files.keys()):
                    file = (path / f"groundtruth_{number}.txt").open("w", encoding="utf-8")
                    files[number] = stack.enter_context(file)
                    file.write(f"{ABSENT}\n" * written)
                for number, file in files.items():
                    file.write(f"{ABSENT}\n" * (frame.index - written) + f"{_line(objects.get(number))}\n")
                written = frame.index + 1

            yield add
        if len(files) == 1:
            (path / f"groundtruth_{next(iter(files))}.txt").rename(path / TRUTH)


def _files_of(folder: pathlib.Path) -> dict[int, pathlib.Path]:
    """Number of each object -> its file; objects whose names are no numbers are numbered in their order."""
    found = sorted(folder.glob("groundtruth_*.txt"))
    keys = [file.stem.removeprefix("groundtruth_").removeprefix("object") for file in found]
    if all(key.isdecimal() and int(key) > 0 for key in keys):
        files = {check_number(key, str(file)): file for key, file in zip(keys, found, strict=True)}
    else:
        files = dict(enumerate(found, start=1))
    return files or ({1: folder / TRUTH} if (folder / TRUTH).is_file() else {})


def _line(each: ObjectRecord | None) -> str:
    if each is None:
        return ABSENT
    if each.mask is not None and each.mask.any():
        return str(MaskRegion.of(each.mask))
    if each.polygon is not None:
        return format_region(each.polygon, ",")
    return ABSENT if each.extent is None else format_region(each.extent, ",")


def _objects(files: dict[int, pathlib.Path], lines: dict[int, list[str]], index: int, size: Size) -> list[ObjectRecord]:
    objects = []
    for number, some in lines.items():
        if index < len(some):
            each = _record(number, some[index], f"{files[number]}, line {index + 1}", size)
            objects += [each] if each is not None else []
    return objects


def _record(number: int, text: str, origin: str, size: Size) -> ObjectRecord | None:
    if is_mask_line(text):
        mask = parse_mask_line(text, origin).draw(size)
        return ObjectRecord(number, mask=mask) if mask.any() else None
    try:
        numbers = np.array([float(field) for field in text.split(",")])
    except ValueError as error:
        raise DataError(f"{origin}: {text[:60]!r} is no region ({error})") from error
    if len(numbers) == 1:
        return None
    if len(numbers) == 4:
        box = as_box(numbers.tolist(), origin)
        return None if box is None else ObjectRecord(number, box=box)
    if len(numbers) != 8:
        raise DataError(f"{origin}: {len(numbers)} numbers; a region has 4 (x, y, w, h) or 8 (corners), or is a mask")
    corners = numbers.reshape(4, 2)
    has_place = np.isfinite(corners).all() and polygon_area(corners) > 0
    return ObjectRecord(number, polygon=corners) if has_place else None


def _smallest_size(lines: dict[int, list[str]], files: dict[int, pathlib.Path]) -> Size:
    """The smallest image that all masks lie in: the format does not say how large it is."""
    height = width = 1
    for number, some in lines.items():
        for line, text in enumerate(some, start=1):
            if is_mask_line(text):
                region = parse_mask_line(text, f"{files[number]}, line {line}")
                x, y = region.offset
                height, width = max(height, y + region.size[1]), max(width, x + region.size[0])
    return height, width
