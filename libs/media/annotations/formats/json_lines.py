"""JSON lines: one line per object and frame, with all that is known of it; masks as COCO's run lengths."""

import contextlib
import functools
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from libs.media.annotations.format import Add, Format
from libs.media.annotations.record import (
    LABEL,
    Entry,
    FrameRecord,
    ObjectRecord,
    Recording,
    Size,
    Video,
    as_box,
    check_number,
)
from libs.media.coco_masks import as_run_lengths, draw, encode_mask
from libs.media.text import read_lines
from libs.utils.errors import DataError
from libs.utils.state import State


class JSONLines(Format):
    """`{"frame": 0, "id": 1, "label": "object", "box": [x, y, w, h], "polygon": [...], "score": 0.93, "state":
    "tracked", "mask": {"size": [H, W], "counts": "..."}}`; unknown values are null."""

    name = "jsonl"
    title = "JSON lines: all that is known of each object in each frame, masks as COCO's run lengths"
    ending = ".jsonl"

    def recognises(self, path: pathlib.Path) -> bool:
        """See Format.recognises: a first line that is an object with frame and id."""
        if not path.is_file() or path.suffix.lower() not in (".jsonl", ".ndjson", ".json"):
            return False
        try:
            with path.open(encoding="utf-8-sig") as stream:
                first = json.loads(stream.readline())
        except (OSError, ValueError, RecursionError):
            return False
        return isinstance(first, dict) and {"frame", "id"} <= first.keys()

    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """See Format.read; label, box, polygon, score, state and mask may be absent."""
        frames: dict[int, list[tuple[str, dict[str, Any]]]] = {}
        size = None
        for number, text in enumerate(read_lines(path, "an object of JSON a line"), start=1):
            if not text:
                continue
            origin = f"{path}, line {number}"
            row = _parse(text, origin)
            frames.setdefault(row["frame"], []).append((origin, row))
            if size is None and row.get("mask"):
                size = _size(row["mask"], origin)
        entries = [Entry(index, "", functools.partial(_objects, rows)) for index, rows in sorted(frames.items())]
        return Recording(str(path), entries, Video(path.stem, size))

    @contextlib.contextmanager
    def write(self, path: pathlib.Path, video: Video) -> Iterator[Add]:
        """See Format.write."""
        with path.open("w", encoding="utf-8") as stream:

            def add(frame: FrameRecord) -> None:
                for each in frame.objects:
                    stream.write(json.dumps(_row(frame.index, each)) + "\n")

            yield add


def _row(index: int, each: ObjectRecord) -> dict[str, Any]:
    return {
        "frame": index,
        "id": each.number,
        "label": each.label,
        "box": _rounded(each.extent),
        "polygon": _rounded(each.polygon),
        "score": None if each.score is None else round(each.score, 4),
        "state": each.state.value,
        "mask": None if each.mask is None else encode_mask(each.mask),
    }


def _rounded(numbers: np.ndarray | None) -> list[float] | None:
    return None if numbers is None else [round(float(number), 4) for number in np.ravel(numbers)]


def _parse(text: str, origin: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{origin} is not JSON ({error})") from error
    if not isinstance(row, dict) or type(row.get("frame")) is not int or row["frame"] < 0 or "id" not in row:
        raise DataError(f"{origin}: it should be an object with frame, a number from 0 on, and id")
    return row


def _objects(rows: list[tuple[str, dict[str, Any]]]) -> list[ObjectRecord]:
    return [_record(row, origin) for origin, row in rows]


def _record(row: dict[str, Any], origin: str) -> ObjectRecord:
    box = as_box(row["box"], origin) if row.get("box") else None
    try:
        polygon = np.array(row["polygon"], dtype=np.float64).reshape(4, 2) if row.get("polygon") else None
        score = None if row.get("score") is None else float(row["score"])
        state = State(row.get("state") or State.TRACKED)
    except (ValueError, TypeError) as error:
        raise DataError(f"{origin}: its polygon, score or state cannot be used ({error})") from error
    mask = _mask(row, origin) if row.get("mask") else None
    return ObjectRecord(
        check_number(row["id"], origin), str(row.get("label") or LABEL), box, polygon, mask, score, state
    )


def _mask(row: dict[str, Any], origin: str) -> np.ndarray:
    return draw(as_run_lengths(row["mask"], *_size(row["mask"], origin), origin))


def _size(mask: object, origin: str) -> Size:
    size = mask.get("size") if isinstance(mask, dict) else None
    if not isinstance(size, list) or len(size) != 2 or not all(type(side) is int and side > 0 for side in size):
        raise DataError(f"{origin}: a mask is an object with size, [height, width], and counts")
    return size[0], size[1]
