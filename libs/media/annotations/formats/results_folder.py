"""The folder of results that DMB itself writes: regions, scores and states as text, masks as indexed PNG.

`boxes_1.txt` (x y w h), `polygons_1.txt` (x1 y1 ... x4 y4) and `scores_1.txt` (score, state) have a line for every
frame, tab-separated, NaN where object 1 is not there; other objects have files of their number. `masks/00000.png` holds
the objects' numbers.
"""

import contextlib
import functools
import pathlib
import re
from collections.abc import Iterator
from typing import TextIO

import numpy as np

from libs.media.annotations.format import Add, Format
from libs.media.annotations.formats.indexed_png import read_masks, write_labels
from libs.media.annotations.record import Entry, FrameRecord, ObjectRecord, Recording, Size, Video
from libs.media.frame_lists import list_masks
from libs.media.regions import format_region, read_boxes, read_rows
from libs.media.text import read_lines
from libs.utils.errors import DataError
from libs.utils.polygons import region_to_polygon
from libs.utils.state import State

KINDS = ("boxes", "polygons", "scores")
MASKS = "masks"
TEXT = re.compile(rf"({'|'.join(KINDS)})_(\d+)\.txt")
Lines = tuple[str, str, str]
"""Of an object in a frame, of each kind."""


def lines_of(box: np.ndarray | None, polygon: np.ndarray | None, score: float | None, state: State | None) -> Lines:
    """The lines of an object in a frame, of each kind; without anything, those of one that is not followed."""
    region = np.full(4, np.nan) if box is None else box
    corners = np.full(8, np.nan) if polygon is None else polygon
    number = "nan" if score is None else f"{score:.4f}"
    return f"{format_region(region)}\n", f"{format_region(corners)}\n", f"{number}\t{state.value if state else '-'}\n"


ABSENT = lines_of(None, None, None, None)


class ResultsFolder(Format):
    """The folder of `run_video.py --save_results`, and of `--format dmb`."""

    name = "dmb"
    title = "DMB's own folder of results: boxes, polygons and scores as text, masks as indexed PNG"

    def recognises(self, path: pathlib.Path) -> bool:
        """See Format.recognises: a folder with boxes of an object."""
        return path.is_dir() and next(path.glob("boxes_*.txt"), None) is not None

    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """See Format.read; polygons, scores and masks may be absent."""
        found = [TEXT.fullmatch(file.name) for file in sorted(path.iterdir())]
        numbers = sorted({int(match[2]) for match in found if match and match[1] == "boxes"})
        tracks = {number: _read_track(path, number) for number in numbers}
        lengths = {len(track[0]) for track in tracks.values()}
        if len(lengths) != 1:
            raise DataError(f"{path}: the files of its objects have {sorted(lengths)} lines; they should have as many")
        masks, size = _read_masks(path / MASKS)
        entries = [Entry(index, "", functools.partial(_objects, tracks, masks, index)) for index in range(*lengths)]
        return Recording(str(path), entries, Video(path.name, size, len(entries)))

    @contextlib.contextmanager
    def write(self, path: pathlib.Path, video: Video) -> Iterator[Add]:
        """See Format.write; masks are written where all objects of a frame that have a place have one."""
        path.mkdir()
        with contextlib.ExitStack() as stack:
            files: dict[int, list[TextIO]] = {}
            written = 0

            def add(frame: FrameRecord) -> None:
                nonlocal written
                objects = {each.number: each for each in frame.objects}
                for number in sorted(objects.keys() - files.keys()):
                    opened = [(path / f"{kind}_{number}.txt").open("w", encoding="utf-8") for kind in KINDS]
                    files[number] = [stack.enter_context(file) for file in opened]
                    for file, line in zip(files[number], ABSENT, strict=True):
                        file.write(line * written)
                for number, some in files.items():
                    for file, line in zip(some, _lines(objects.get(number), frame.index - written), strict=True):
                        file.write(line)
                if objects and all(each.mask is not None or each.extent is None for each in frame.objects):
                    (path / MASKS).mkdir(exist_ok=True)
                    write_labels(path / MASKS, Video(size=video.size), frame)
                written = frame.index + 1

            yield add


def _lines(each: ObjectRecord | None, skipped: int) -> Lines:
    """The lines of an object, behind those of frames that were left out."""
    shown = lines_of(each.extent, each.polygon, each.score, each.state) if each else ABSENT
    before, polygons, scores = (line * skipped for line in ABSENT)
    return before + shown[0], polygons + shown[1], scores + shown[2]


def _read_track(path: pathlib.Path, number: int) -> tuple[np.ndarray, list, list]:
    """Boxes, polygons and (score, state) of an object, a line a frame; the latter two empty where they are no files."""
    boxes = read_boxes(path / f"boxes_{number}.txt")
    polygons, scores = path / f"polygons_{number}.txt", path / f"scores_{number}.txt"
    corners = read_rows(polygons, (8,)) if polygons.is_file() else []
    states = _read_scores(scores) if scores.is_file() else []
    for file, rows in ((polygons, corners), (scores, states)):
        if rows and len(rows) != len(boxes):
            raise DataError(f"{file} has {len(rows)} lines, and the boxes {len(boxes)}; they should have as many")
    return boxes, corners, states


def _read_scores(path: pathlib.Path) -> list[tuple[float | None, State | None]]:
    rows = []
    for line, text in enumerate(read_lines(path, "a score and a state a line"), start=1):
        try:
            score, state = text.split()
            number = float(score)
            rows.append((number if np.isfinite(number) else None, None if state == "-" else State(state)))
        except ValueError as error:
            raise DataError(f"{path}, line {line}: {text[:40]!r} is no score and state") from error
    return rows


def _read_masks(folder: pathlib.Path) -> tuple[dict[int, Entry], Size | None]:
    """The masks by their frame, and their size; nothing without the folder."""
    if not folder.is_dir():
        return {}, None
    recording = read_masks(list_masks(folder), folder)
    return recording.placed(), recording.video.size


def _objects(
    tracks: dict[int, tuple[np.ndarray, list, list]], masks: dict[int, Entry], index: int
) -> list[ObjectRecord]:
    drawn = {each.number: each.mask for each in masks[index].load()} if index in masks else {}
    objects = []
    for number, (boxes, corners, states) in tracks.items():
        box = boxes[index] if np.isfinite(boxes[index]).all() else None
        score, state = states[index] if states else (None, State.TRACKED if box is not None else None)
        if box is None and state is None:
            continue
        polygon = region_to_polygon(corners[index]) if corners and np.isfinite(corners[index]).all() else None
        mask = drawn.get(number)
        if mask is None and drawn:
            mask = np.zeros_like(next(iter(drawn.values())))
        objects.append(ObjectRecord(number, "object", box, polygon, mask, score, state or State.TRACKED))
    return objects
