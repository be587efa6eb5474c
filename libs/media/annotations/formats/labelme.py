"""LabelMe's JSON, one file a frame: masks and boxes, or polygons drawn by hand; `group_id` says which object it is."""

import base64
import binascii
import contextlib
import functools
import io
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from libs.media.annotations.format import Add, Format
from libs.media.annotations.numbering import Numbering
from libs.media.annotations.outlines import draw_outlines
from libs.media.annotations.record import LABEL, Entry, FrameRecord, ObjectRecord, Recording, Size, Video
from libs.media.files import read_json
from libs.media.frame_lists import natural_order
from libs.utils.errors import DataError
from libs.utils.masks import place_mask, tight_box
from libs.utils.state import State

VERSION = "5.5.0"
"""The version of LabelMe that these files imitate."""
Groups = list[list[dict[str, Any]]]
"""The shapes of a frame, grouped by `group_id` and label."""


class LabelMe(Format):
    """`00000.json` for `00000.jpg`; writes shapes of the types mask and rectangle, reads polygons too."""

    name = "labelme"
    title = "folder of LabelMe's JSON, one a frame: masks and boxes, group_id is the object"

    def recognises(self, path: pathlib.Path) -> bool:
        """See Format.recognises: a JSON file with shapes, or a folder whose first one has them."""
        file = next(iter(sorted(path.glob("*.json"))), None) if path.is_dir() else path
        if file is None or file.suffix.lower() != ".json" or not file.is_file():
            return False
        try:
            content = read_json(file)
        except DataError:
            return False
        return isinstance(content, dict) and isinstance(content.get("shapes"), list)

    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """See Format.read; shapes with the same `group_id` in a frame are parts of one object."""
        files = sorted(path.glob("*.json"), key=lambda file: natural_order(file.stem)) if path.is_dir() else [path]
        frames = [_read_shapes(file) for file in files]
        numbering = Numbering(str(path), "group_id")
        for groups, _ in frames:
            numbering.add([(some[0].get("group_id"), _label(some[0])) for some in groups])
        entries = []
        for place, (file, (groups, size)) in enumerate(zip(files, frames, strict=True)):
            load = functools.partial(_objects, file, numbering, place, groups, size, video)
            entries.append(Entry(0 if path == file else None, "" if path == file else file.stem, load))
        return Recording(str(path), entries, Video(path.stem, frames[0][1] or video.size if frames else None))

    @contextlib.contextmanager
    def write(self, path: pathlib.Path, video: Video) -> Iterator[Add]:
        """See Format.write."""
        path.mkdir()

        def add(frame: FrameRecord) -> None:
            height, width = frame.size(video, "LabelMe")
            file = video.file(frame.index)
            content = {
                "version": VERSION,
                "flags": {},
                "shapes": [shape for each in frame.objects if (shape := _shape(each))],
                "imagePath": str(video.folder / file) if video.folder else file,
                "imageData": None,
                "imageHeight": height,
                "imageWidth": width,
            }
            name = f"{pathlib.PurePath(file).stem}.json"
            (path / name).write_text(json.dumps(content, indent=1), encoding="utf-8")

        yield add


def _shape(each: ObjectRecord) -> dict[str, Any] | None:
    """The shape of an object; None if it has no place."""
    if each.mask is not None and each.mask.any():
        x, y, w, h = (int(number) for number in tight_box(each.mask))
        stream = io.BytesIO()
        Image.fromarray(each.mask[y : y + h, x : x + w]).save(stream, "png")
        # Both corners are pixels of the mask.
        shown = {"shape_type": "mask", "points": [[x, y], [x + w - 1, y + h - 1]]}
        shown["mask"] = base64.b64encode(stream.getvalue()).decode("ascii")
    elif each.extent is not None:
        left, top, width, height = (round(float(number), 4) for number in each.extent)
        shown = {"shape_type": "rectangle", "points": [[left, top], [left + width, top + height]], "mask": None}
    else:
        return None
    sure = {"score": None if each.score is None else round(each.score, 4), "state": each.state.value}
    return {"label": each.label, "group_id": each.number, "description": "", "flags": {}, **shown, **sure}


def _read_shapes(file: pathlib.Path) -> tuple[Groups, Size | None]:
    """The shapes of a file that are regions, and the size of its image if the file gives it."""
    content = read_json(file)
    shapes = content.get("shapes") if isinstance(content, dict) else None
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise DataError(f"{file} is no file of LabelMe: it should be an object with shapes, a list")
    groups: dict[str, list[dict[str, Any]]] = {}
    for place, shape in enumerate(shapes):
        if shape.get("shape_type", "polygon") in ("polygon", "rectangle", "mask", "circle"):
            key = ("single", place) if shape.get("group_id") is None else (shape["group_id"], _label(shape))
            groups.setdefault(str(key), []).append(shape)
    sides = [content.get(side) for side in ("imageHeight", "imageWidth")]
    known = [side for side in sides if type(side) is int and side > 0]
    return list(groups.values()), (known[0], known[1]) if len(known) == 2 else None


def _label(shape: dict[str, Any]) -> str:
    return str(shape.get("label") or LABEL)


def _objects(
    file: pathlib.Path, numbering: Numbering, place: int, groups: Groups, size: Size | None, video: Video
) -> list[ObjectRecord]:
    size = size or video.known_size(f"{file}, which has no imageHeight and imageWidth,")
    objects = []
    for number, shapes in zip(numbering.numbers(place), groups, strict=True):
        try:
            objects.append(_record(number, shapes, size))
        except (KeyError, TypeError, ValueError, binascii.Error, OSError) as error:
            raise DataError(f"{file}, object {number}: its shape cannot be used ({error!r})") from error
    return objects


def _record(number: int, shapes: list[dict[str, Any]], size: Size) -> ObjectRecord:
    label, first = _label(shapes[0]), shapes[0]
    score = None if first.get("score") is None else float(first["score"])
    state = State(first.get("state") or State.TRACKED)
    if len(shapes) == 1 and first.get("shape_type") == "rectangle":
        low, high = np.sort(np.array(first["points"], dtype=np.float64).reshape(2, 2), axis=0)
        return ObjectRecord(number, label, np.concatenate([low, high - low]), None, None, score, state)
    mask = np.zeros(size, dtype=bool)
    for shape in shapes:
        mask |= _drawn(shape, size)
    return ObjectRecord(number, label, None, None, mask, score, state)


def _drawn(shape: dict[str, Any], size: Size) -> np.ndarray:
    """(H, W) bool of one shape."""
    points = np.array(shape["points"], dtype=np.float64).reshape(-1, 2)
    kind = shape.get("shape_type", "polygon")
    if kind == "mask":
        with Image.open(io.BytesIO(base64.b64decode(shape["mask"]))) as image:
            part = np.array(image) > 0
        return place_mask(part, (int(points[0, 0]), int(points[0, 1])), size)
    if kind == "rectangle":
        (left, top), (right, bottom) = np.sort(points, axis=0)
        points = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    elif kind == "circle":
        radius = float(np.hypot(*(points[1] - points[0])))
        angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        points = points[0] + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return draw_outlines([points], size)
