"""CSV: a header, then one line per object and frame; boxes, scores and states, no masks."""

import contextlib
import csv
import functools
import math
import pathlib
from collections.abc import Iterator

from libs.media.annotations.format import Add, Format
from libs.media.annotations.record import (
    LABEL,
    Entry,
    FrameRecord,
    ObjectRecord,
    Recording,
    Video,
    as_box,
    check_number,
)
from libs.media.text import read_lines
from libs.utils.errors import DataError
from libs.utils.state import State

COLUMNS = ("frame", "id", "label", "x", "y", "w", "h", "score", "state")
NEEDED = ("frame", "id", "x", "y", "w", "h")


class CSVTable(Format):
    """`frame,id,label,x,y,w,h,score,state`; frames and pixels count from 0; unknown values are empty."""

    name = "csv"
    title = "CSV file: frame, id, label, box, score and state of each object"
    ending = ".csv"

    def recognises(self, path: pathlib.Path) -> bool:
        """See Format.recognises: a header with the columns."""
        if not path.is_file() or path.suffix.lower() not in (".csv", ".txt"):
            return False
        try:
            with path.open(encoding="utf-8-sig") as stream:
                return set(NEEDED) <= {name.strip() for name in stream.readline().split(",")}
        except (OSError, UnicodeError):
            return False

    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """See Format.read; ignores further columns; label, score and state may be absent."""
        rows = csv.DictReader(
            read_lines(path, "a header and a line for each object in each frame"), skipinitialspace=True
        )
        missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
        if missing:
            raise DataError(f"{path} has no column {', '.join(missing)}; its first line should be {','.join(COLUMNS)}")
        frames: dict[int, list[ObjectRecord]] = {}
        for row in rows:
            origin = f"{path}, line {rows.line_num}"
            frames.setdefault(_frame(row["frame"], origin), []).append(_record(row, origin))
        entries = [Entry(index, "", functools.partial(list, objects)) for index, objects in sorted(frames.items())]
        return Recording(str(path), entries, Video(path.stem))

    @contextlib.contextmanager
    def write(self, path: pathlib.Path, video: Video) -> Iterator[Add]:
        """See Format.write."""
        with path.open("w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(COLUMNS)

            def add(frame: FrameRecord) -> None:
                for each in frame.objects:
                    box = [""] * 4 if each.extent is None else [f"{number:.4f}" for number in each.extent]
                    score = "" if each.score is None else f"{each.score:.4f}"
                    table.writerow([frame.index, each.number, each.label, *box, score, each.state.value])

            yield add


def _frame(text: str | None, origin: str) -> int:
    if text is None or not text.strip().isdecimal():
        raise DataError(f"{origin}: {str(text)[:40]!r} is no number of a frame; frames count from 0")
    return int(text)


def _record(row: dict[str, str], origin: str) -> ObjectRecord:
    number = check_number(row["id"], origin)
    try:
        box = as_box([float(row[name] or math.nan) for name in "xywh"], origin)
        score = float(row["score"]) if row.get("score") else None
        state = State(row.get("state") or State.TRACKED)
    except (ValueError, TypeError) as error:
        raise DataError(f"{origin}: x, y, w, h and score are numbers, state is {_states()} ({error})") from error
    return ObjectRecord(number, row.get("label") or LABEL, box, score=score, state=state)


def _states() -> str:
    return ", ".join(state.value for state in State)
