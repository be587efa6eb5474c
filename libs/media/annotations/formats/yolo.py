"""YOLO segmentation: `labels/00000.txt`, one line per object, and `data.yaml` with the names of the classes.

The format has no identities: here the class says which object it is; class 0 is object 1.
"""

import contextlib
import functools
import json
import math
import pathlib
from collections.abc import Iterator

import numpy as np

from libs.media.annotations.format import Add, Format
from libs.media.annotations.numbering import Numbering
from libs.media.annotations.outlines import draw_outlines, join_outlines, mask_outlines
from libs.media.annotations.record import LABEL, Entry, FrameRecord, ObjectRecord, Recording, Size, Video, as_box
from libs.media.frame_lists import IMAGE_SUFFIXES, natural_order
from libs.media.images import read_size
from libs.media.text import read_lines, read_text
from libs.utils.errors import DataError

LABELS, IMAGES, NAMES = "labels", "images", "data.yaml"
Row = tuple[int, list[float]]
"""Class, and the numbers after it, as fractions of the image's width and height."""


class YOLOSegmentation(Format):
    """`<class> <x> <y> <x> <y> ...`, the outline of the whole object, or `<class> <x> <y> <w> <h>`, its box."""

    name = "yolo"
    title = "folder of YOLO segmentation labels: an outline of each object; its class is its identity"

    def recognises(self, path: pathlib.Path) -> bool:
        """See Format.recognises: a folder with labels/*.txt, or with data.yaml."""
        if not path.is_dir():
            return False
        return (path / NAMES).is_file() or next((path / LABELS).rglob("*.txt"), None) is not None

    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """See Format.read; the images beside the labels, or `video`, give the size."""
        root = path / LABELS if (path / LABELS).is_dir() else path
        files = sorted(root.rglob("*.txt"), key=lambda file: natural_order(file.stem))
        if not files:
            raise DataError(f"{root} holds no .txt files of labels")
        names = _read_names(
            next((folder / NAMES for folder in (path, path.parent) if (folder / NAMES).is_file()), None)
        )
        rows = [_read_rows(file) for file in files]
        # In a single image, several objects may share a class: there is no other frame to match them with.
        apart = len(files) > 1 or len({kind for kind, _ in rows[0]}) == len(rows[0])
        numbering = Numbering(str(path), "class")
        for some in rows:
            numbering.add([(kind + 1 if apart else None, _label(names, kind)) for kind, _ in some])
        entries = []
        for place, (file, some) in enumerate(zip(files, rows, strict=True)):
            load = functools.partial(_objects, file, numbering, place, some, names, video)
            entries.append(Entry(None, file.stem, load))
        return Recording(str(path), entries, Video(path.name, _size_of(files[0], video)))

    @contextlib.contextmanager
    def write(self, path: pathlib.Path, video: Video) -> Iterator[Add]:
        """See Format.write."""
        (path / LABELS).mkdir(parents=True)
        labels: dict[int, str] = {}

        def add(frame: FrameRecord) -> None:
            lines = []
            for each in frame.objects:
                labels.setdefault(each.number, each.label)
                numbers = self._numbers(each, video)
                lines += [" ".join([str(each.number - 1), *map(_written, numbers)])] if numbers else []
            stem = pathlib.PurePath(video.file(frame.index)).stem
            (path / LABELS / f"{stem}.txt").write_text("\n".join([*lines, ""]) if lines else "", encoding="utf-8")

        yield add
        classes = range(1, max(labels, default=0) + 1)
        names = "".join(f"  {k - 1}: {json.dumps(_written_name(labels.get(k, LABEL), k))}\n" for k in classes)
        content = f"path: .\ntrain: {IMAGES}\nval: {IMAGES}\nnames:\n{names}" if names else "names: {}\n"
        (path / NAMES).write_text(content, encoding="utf-8")

    def _numbers(self, each: ObjectRecord, video: Video) -> list[float]:
        """What follows the class of an object; empty if it has no region."""
        if each.mask is not None:
            height, width = each.mask.shape
            outlines = mask_outlines(each.mask, self.tolerance)
            return (join_outlines(outlines) / [width, height]).ravel().tolist() if outlines else []
        if each.extent is None:
            return []
        height, width = video.known_size("YOLO, whose numbers are shares of the image,")
        x, y, w, h = each.extent
        return [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height]


def _written(share: float) -> str:
    """A number with eight decimals, rounded up, because readers round pixels down to whole ones."""
    return f"{math.ceil(share * 1e8) / 1e8:.8f}"


def _written_name(label: str, number: int) -> str:
    return f"{label} {number}"


def _label(names: dict[int, str], kind: int) -> str:
    return names.get(kind, LABEL).removesuffix(f" {kind + 1}")


def _read_names(path: pathlib.Path | None) -> dict[int, str]:
    """Class -> name, from the list or mapping in data.yaml; empty without the file."""
    if path is None:
        return {}
    import yaml

    try:
        content = yaml.safe_load(read_text(path))
        names = (content or {}).get("names") or {}
        pairs = enumerate(names) if isinstance(names, list) else names.items()
        return {int(kind): str(name) for kind, name in pairs}
    except (OSError, UnicodeError, yaml.YAMLError, AttributeError, ValueError, TypeError) as error:
        raise DataError(f"{path} is no data.yaml with names, a list or class: name ({str(error)[:80]})") from error


def _read_rows(file: pathlib.Path) -> list[Row]:
    rows = []
    for line, text in enumerate(read_lines(file, "a class and numbers a line"), start=1):
        try:
            kind, *numbers = text.split()
            row = int(kind), [float(number) for number in numbers]
            if row[0] < 0 or not np.isfinite(row[1]).all():
                raise ValueError("a class from 0 on, and finite numbers")
        except ValueError as error:
            raise DataError(f"{file}, line {line}: {text[:60]!r} is no line of YOLO ({error})") from error
        if len(numbers) < 4 or (len(numbers) > 5 and len(numbers) % 2):
            raise DataError(
                f"{file}, line {line}: {len(numbers)} numbers behind the class; a box has 4, an outline 6 or more, two "
                "for each corner"
            )
        rows.append(row)
    return rows


def _objects(
    file: pathlib.Path, numbering: Numbering, place: int, rows: list[Row], names: dict[int, str], video: Video
) -> list[ObjectRecord]:
    if not rows:
        return []
    height, width = _size_of(file, video) or video.known_size(f"{file}, whose numbers are shares of the image,")
    objects = []
    for number, (kind, numbers) in zip(numbering.numbers(place), rows, strict=True):
        if len(numbers) < 6:
            x, y, w, h = np.array(numbers[:4]) * [width, height, width, height]
            box = as_box([x - w / 2, y - h / 2, w, h], str(file))
            objects.append(ObjectRecord(number, _label(names, kind), box))
        else:
            outline = np.array(numbers).reshape(-1, 2) * [width, height]
            objects.append(ObjectRecord(number, _label(names, kind), mask=draw_outlines([outline], (height, width))))
    return objects


def _size_of(file: pathlib.Path, video: Video) -> Size | None:
    """The size of the image of a label file, in `images/` beside `labels/`, else that of the video."""
    parts = list(file.parts)
    if LABELS in parts:
        place = len(parts) - 1 - parts[::-1].index(LABELS)
        folder = pathlib.Path(*parts[:place], IMAGES, *parts[place + 1 : -1])
        for suffix in sorted(IMAGE_SUFFIXES):
            if (folder / f"{file.stem}{suffix}").is_file():
                width, height = read_size(folder / f"{file.stem}{suffix}")
                return height, width
    return video.size
