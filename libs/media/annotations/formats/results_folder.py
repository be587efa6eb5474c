"""The folder of results that DMB writes: regions, scores and states as text, masks as indexed PNG.

`boxes_1.txt` (x y w h), `polygons_1.txt` (x1 y1 ... x4 y4) and `scores_1.txt` (score, state) have a tab-separated line
for every frame, NaN where object 1 is absent; other objects have files with their own number. `masks/00000.png` holds
the objects' numbers.
"""

import contextlib
import dataclasses
import functools
import pathlib
import re
from collections.abc import Iterator, Sequence
from typing import TextIO

import numpy as np

from libs.media.annotations.format import Add, Format
from libs.media.annotations.formats.indexed_png import read_masks, write_labels
from libs.media.annotations.record import LABEL, Entry, FrameRecord, ObjectRecord, Recording, Size, Video
from libs.media.frame_lists import list_masks
from libs.media.regions import format_region, read_boxes, read_rows
from libs.media.text import read_lines
from libs.utils.errors import DataError
from libs.utils.polygons import region_to_polygon
from libs.utils.state import State

KINDS = ("boxes", "polygons", "scores")
MASKS = "masks"
TEXT = re.compile(rf"({'|'.join(KINDS)})_(\d+)\.txt")
Certainty = tuple[float | None, State | None]
Lines = tuple[str, str, str]
"""The lines of an object in a frame, one of each kind."""


def lines_of(box: np.ndarray | None, polygon: np.ndarray | None, score: float | None, state: State | None) -> Lines:
    """The lines of an object in a frame, one of each kind; by default, those of an object that is not followed."""
    region = np.full(4, np.nan) if box is None else box
    corners = np.full(8, np.nan) if polygon is None else polygon
    return f"{format_region(region)}\n", f"{format_region(corners)}\n", certainty_line(score, state)


def certainty_line(score: float | None, state: State | None) -> str:
    """The line that says how sure the tracker is: the score or `nan`, and the state or `-`."""
    return f"{'nan' if score is None else f'{score:.4f}'}\t{state.value if state else '-'}\n"


ABSENT = lines_of(None, None, None, None)


@dataclasses.dataclass(frozen=True)
class Track:
    """What is stored of an object, for all frames.

    Attributes:
        boxes: (T, 4) x, y, w, h, NaN where the object has no place.
        polygons: T tuples of the corners' 8 numbers, NaN where there is no polygon; empty if no frame has one.
        certain: T pairs of score and state, each None where it is not known; empty if no frame has them.
    """

    boxes: np.ndarray
    polygons: Sequence[Sequence[float]] = ()
    certain: Sequence[Certainty] = ()


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
        lengths = {len(track.boxes) for track in tracks.values()}
        if len(lengths) != 1:
            raise DataError(f"{path}: the files of its objects have {sorted(lengths)} lines; they should have as many")
        return record_tracks(str(path), tracks, path / MASKS, Video(path.name))

    @contextlib.contextmanager
    def write(self, path: pathlib.Path, video: Video) -> Iterator[Add]:
        """See Format.write; writes a frame's masks if every object that has a place in it has a mask."""
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


def record_tracks(origin: str, tracks: dict[int, Track], masks: pathlib.Path, video: Video) -> Recording:
    """A recording made of what is stored of a video.

    Args:
        origin: for messages.
        tracks: number of each object -> its Track, all of one length.
        masks: folder of label masks, named after the frames or their numbers; it may be absent.
        video: what is known of the video.

    Raises:
        DataError: a mask cannot be read, or belongs to no frame.
    """
    placed, size = _read_masks(masks, video)
    length = len(next(iter(tracks.values())).boxes)
    entries = [Entry(index, "", functools.partial(_objects, tracks, placed, index)) for index in range(length)]
    return Recording(origin, entries, dataclasses.replace(video, size=size or video.size, length=length))


def _lines(each: ObjectRecord | None, skipped: int) -> Lines:
    """Write the lines of an object, after those of frames that were left out."""
    shown = lines_of(each.extent, each.polygon, each.score, each.state) if each else ABSENT
    before, polygons, scores = (line * skipped for line in ABSENT)
    return before + shown[0], polygons + shown[1], scores + shown[2]


def _read_track(path: pathlib.Path, number: int) -> Track:
    boxes = read_boxes(path / f"boxes_{number}.txt")
    polygons, scores = path / f"polygons_{number}.txt", path / f"scores_{number}.txt"
    corners = read_rows(polygons, (8,)) if polygons.is_file() else []
    certain = read_scores(scores) if scores.is_file() else []
    for file, rows in ((polygons, corners), (scores, certain)):
        if rows and len(rows) != len(boxes):
            raise DataError(f"{file} has {len(rows)} lines, and the boxes {len(boxes)}; they should have as many")
    return Track(boxes, corners, certain)


def read_scores(path: pathlib.Path) -> list[Certainty]:
    """Score and state of an object in each frame, as `lines_of` writes them. Raises DataError naming the line."""
    rows: list[Certainty] = []
    for line, text in enumerate(read_lines(path, "a score and a state a line"), start=1):
        try:
            score, state = text.split()
            number = float(score)
            rows.append((number if np.isfinite(number) else None, None if state == "-" else State(state)))
        except ValueError as error:
            raise DataError(f"{path}, line {line}: {text[:40]!r} is no score and state") from error
    return rows


def _read_masks(folder: pathlib.Path, video: Video) -> tuple[dict[int, Entry], Size | None]:
    """The masks by frame, and their size; nothing without the folder."""
    if not folder.is_dir():
        return {}, None
    recording = read_masks(list_masks(folder), folder)
    return recording.placed(video if video.files else None), recording.video.size


def _objects(tracks: dict[int, Track], masks: dict[int, Entry], index: int) -> list[ObjectRecord]:
    drawn = {each.number: each.mask for each in masks[index].load()} if index in masks else {}
    nothing = next((np.zeros_like(mask) for mask in drawn.values() if mask is not None), None)
    objects = []
    for number, track in tracks.items():
        box = track.boxes[index] if np.isfinite(track.boxes[index]).all() else None
        score, state = track.certain[index] if track.certain else (None, None)
        if box is None and state is None:
            continue
        corners = track.polygons[index] if track.polygons else (np.nan,)
        polygon = region_to_polygon(corners) if np.isfinite(corners).all() else None
        mask = drawn.get(number, nothing)
        objects.append(ObjectRecord(number, LABEL, box, polygon, mask, score, state or State.TRACKED))
    return objects
