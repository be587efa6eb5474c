"""MOT challenge: lines of numbers; frames, ids and pixels count from 1."""

import configparser
import contextlib
import functools
import pathlib
from collections.abc import Iterator

import numpy as np

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

COLUMNS = (7, 8, 9, 10)
"""frame, id, left, top, width, height, conf, and x, y, z of results or class and visibility of ground truth."""
TRUTH_COLUMNS = 9
PLACES = ("gt/gt.txt", "gt.txt", "det/det.txt")


class MOTChallenge(Format):
    """`<frame>,<id>,<left>,<top>,<width>,<height>,<conf>,-1,-1,-1`; also reads the 9 columns of ground truth."""

    name = "mot"
    title = "MOT challenge's text: boxes and scores; or its folder with gt/gt.txt"
    ending = ".txt"

    def recognises(self, path: pathlib.Path) -> bool:
        """See Format.recognises: a first line of 7, 9 or 10 numbers, or a folder with such a file."""
        if path.is_dir():
            return _file_of(path) is not None
        if path.suffix.lower() not in (".txt", ".csv"):
            return False
        try:
            with path.open(encoding="utf-8-sig") as stream:
                numbers = [float(field) for field in stream.readline().split(",")]
        except (OSError, ValueError):
            return False
        return len(numbers) in (7, 9, 10) and numbers[0].is_integer() and numbers[1].is_integer()

    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """See Format.read; leaves out lines of ground truth with flag 0, which means ignored."""
        file = _file_of(path) if path.is_dir() else path
        if file is None:
            raise DataError(f"{path} holds no {PLACES[0]}")
        known = _sequence_of(file)
        labels = _labels_of(file)
        frames: dict[int, list[ObjectRecord]] = {}
        for number, text in enumerate(read_lines(file, "numbers with commas"), start=1):
            if text:
                _read_line(text, f"{file}, line {number}", labels, frames)
        entries = [Entry(index, "", functools.partial(list, objects)) for index, objects in sorted(frames.items())]
        return Recording(str(path), entries, known)

    @contextlib.contextmanager
    def write(self, path: pathlib.Path, video: Video) -> Iterator[Add]:
        """See Format.write; an object without a place gets no line."""
        with path.open("w", encoding="utf-8") as stream:

            def add(frame: FrameRecord) -> None:
                for each in frame.objects:
                    if each.extent is not None:
                        x, y, w, h = each.extent
                        score = "-1" if each.score is None else f"{each.score:.4f}"
                        place = f"{x + 1:.4f},{y + 1:.4f},{w:.4f},{h:.4f}"
                        stream.write(f"{frame.index + 1},{each.number},{place},{score},-1,-1,-1\n")

            yield add


def _file_of(folder: pathlib.Path) -> pathlib.Path | None:
    return next((folder / place for place in PLACES if (folder / place).is_file()), None)


def _read_line(text: str, origin: str, labels: list[str], frames: dict[int, list[ObjectRecord]]) -> None:
    fields = text.rstrip(",").split(",")
    try:
        numbers = np.array([float(field) for field in fields])
    except ValueError as error:
        raise DataError(f"{origin}: {text[:60]!r} has what is no number ({error})") from error
    if len(numbers) not in COLUMNS or not numbers[0].is_integer() or numbers[0] < 1:
        raise DataError(
            f"{origin}: {text[:60]!r} is no line of MOT challenge, 7 to 10 numbers of which the first is the frame, "
            "from 1 on"
        )
    is_truth = len(numbers) == TRUTH_COLUMNS
    if is_truth and numbers[6] == 0:
        return
    box = as_box([numbers[2] - 1, numbers[3] - 1, *numbers[4:6]], origin)
    score = float(numbers[6]) if not is_truth and 0 <= numbers[6] <= 1 else None
    kind = int(numbers[7]) if is_truth else 0
    label = labels[kind - 1] if 0 < kind <= len(labels) else LABEL
    number = check_number(fields[1], origin)
    if number < 1:
        raise DataError(f"{origin}: object {number}; ids count from 1")
    frames.setdefault(int(numbers[0]) - 1, []).append(ObjectRecord(number, label, box, score=score))


def _labels_of(file: pathlib.Path) -> list[str]:
    """Class (from 1) -> name, from `labels.txt` beside the file, if it exists."""
    labels = file.with_name("labels.txt")
    return [line for line in read_lines(labels, "names of classes") if line] if labels.is_file() else []


def _sequence_of(file: pathlib.Path) -> Video:
    """What `seqinfo.ini` says, in the folder above the ground truth's, if it exists."""
    folder = file.parent.parent if file.parent.name in ("gt", "det") else file.parent
    name = folder.name if file.stem in ("gt", "det") else file.stem
    parser = configparser.ConfigParser()
    try:
        parser.read(folder / "seqinfo.ini", encoding="utf-8")
        known = parser["Sequence"]
        size = int(known["imHeight"]), int(known["imWidth"])
        return Video(known.get("name", name), size, int(known.get("seqLength", "0")) or None)
    except (configparser.Error, KeyError, ValueError, UnicodeError):
        return Video(name)
