"""VOT: one region per line, in `groundtruth.txt`, or in `groundtruth_<object>.txt` for each of several objects."""

import contextlib
import functools
import pathlib
from collections.abc import Iterator
from typing import TextIO

import numpy as np

from libs.media.annotations.format import Add, Format
from libs.media.annotations.record import Entry, FrameRecord, ObjectRecord, Recording, Size, Video, check_number
from libs.media.mask_regions import MaskRegion, is_mask_line
from libs.media.regions import format_region, parse_region, read_regions
from libs.utils.errors import DataError

TRUTH = "groundtruth.txt"
Regions = list[np.ndarray | MaskRegion]
"""The regions of one object, frame by frame; see `read_regions`."""
ABSENT = "0"
"""The toolkit's special region: nothing is known, or nothing is there."""


class VOT(Format):
    """Masks as the toolkit writes them (`m` x, y, w, h, runs along rows), else 8 or 4 numbers; `0` is no region."""

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
            return is_mask_line(line) or parse_region(line, str(path)).size > 0
        except (OSError, UnicodeDecodeError, DataError):
            return False

    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """See Format.read; a single file is object 1."""
        files = _files_of(path) if path.is_dir() else {1: path}
        if not files:
            raise DataError(f"{path} holds no {TRUTH}")
        regions = {number: read_regions(file) for number, file in files.items()}
        length = max(map(len, regions.values()))
        size = video.size or _smallest_size(regions)
        entries = [Entry(index, "", functools.partial(_objects, regions, index, size)) for index in range(length)]
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
    """Number of each object -> its file; objects whose names are not numbers are numbered in order."""
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


def _objects(regions: dict[int, Regions], index: int, size: Size) -> list[ObjectRecord]:
    shown = {number: some[index] for number, some in regions.items() if index < len(some)}
    records = (_record(number, region, size) for number, region in shown.items())
    return [record for record in records if record is not None]


def _record(number: int, region: np.ndarray | MaskRegion, size: Size) -> ObjectRecord | None:
    if isinstance(region, MaskRegion):
        mask = region.draw(size)
        return ObjectRecord(number, mask=mask) if mask.any() else None
    if np.isnan(region).any():
        return None
    if region.size == 4:
        return ObjectRecord(number, box=region)
    return ObjectRecord(number, polygon=region.reshape(4, 2))


def _smallest_size(regions: dict[int, Regions]) -> Size:
    """The size of the smallest image that contains all masks: the format does not give the size."""
    masks = [region for some in regions.values() for region in some if isinstance(region, MaskRegion)]
    width, height = (max([1, *(mask.offset[axis] + mask.size[axis] for mask in masks)]) for axis in (0, 1))
    return height, width
