"""COCO's JSON with tracks, as TAO and others write it: `videos`, `images` with `frame_index`, `track_id`."""

import contextlib
import functools
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from libs.media.annotations.format import Add, Format
from libs.media.annotations.numbering import Numbering
from libs.media.annotations.outlines import mask_outlines
from libs.media.annotations.record import LABEL, Entry, FrameRecord, ObjectRecord, Recording, Size, Video, as_box
from libs.media.coco_masks import as_run_lengths, coco_tools, draw, encode_mask
from libs.media.files import read_json
from libs.utils.errors import DataError
from libs.utils.state import State

FRAME_FIELDS = ("frame_index", "frame_id", "frame_idx")
"""The keys under which writers of videos put the number of a frame, 0-based."""


class COCO(Format):
    """Masks as compressed run lengths."""

    name = "coco"
    title = "COCO's JSON with track_id, masks as run lengths"
    ending = ".json"

    def recognises(self, path: pathlib.Path) -> bool:
        """See Format.recognises: JSON with images and annotations."""
        if not path.is_file() or path.suffix.lower() != ".json":
            return False
        try:
            content = read_json(path)
        except DataError:
            return False
        return isinstance(content, dict) and {"images", "annotations"} <= content.keys()

    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """See Format.read; of several videos, takes the one with the video's name."""
        content = read_json(path)
        if not isinstance(content, dict) or not all(
            isinstance(content.get(k), list) for k in ("images", "annotations")
        ):
            raise DataError(f"{path} is no COCO file: it should be an object with the lists images and annotations")
        try:
            return _read(path, content, video)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{path} is no COCO file as its tools write it ({error!r})") from error

    @contextlib.contextmanager
    def write(self, path: pathlib.Path, video: Video) -> Iterator[Add]:
        """See Format.write; writes annotations as they come, and what they refer to after them."""
        coco_tools()
        with path.open("w", encoding="utf-8") as stream:
            images: list[dict[str, Any]] = []
            tracks: dict[int, str] = {}
            categories: dict[str, int] = {}
            count = 0
            stream.write('{"info": {"description": ' + json.dumps(video.name) + '},\n"annotations": [')

            def add(frame: FrameRecord) -> None:
                nonlocal count
                images.append(_image(frame, video))
                for each in frame.objects:
                    tracks.setdefault(each.number, each.label)
                    category = categories.setdefault(each.label, len(categories) + 1)
                    if each.extent is not None:
                        count += 1
                        row = {"id": count, "image_id": images[-1]["id"], "video_id": 1, "category_id": category}
                        row |= self._describe(each)
                        stream.write(f"{',' if count > 1 else ''}\n{json.dumps(row)}")

            yield add
            behind = {
                "images": images,
                "videos": [{"id": 1, "name": video.name, "width": images[0]["width"], "height": images[0]["height"]}]
                if images
                else [],
                "tracks": [{"id": n, "video_id": 1, "category_id": categories[label]} for n, label in tracks.items()],
                "categories": [{"id": number, "name": label} for label, number in categories.items()],
            }
            stream.write("\n],\n" + json.dumps(behind)[1:] + "\n")

    def _describe(self, each: ObjectRecord) -> dict[str, Any]:
        assert each.extent is not None
        x, y, w, h = (round(float(number), 4) for number in each.extent)
        area = w * h if each.mask is None else int(each.mask.sum())
        row: dict[str, Any] = {"track_id": each.number, "bbox": [x, y, w, h], "area": area, "iscrowd": 0}
        if each.mask is not None:
            row["segmentation"] = self._segmentation(each.mask)
        if each.score is not None:
            row["score"] = round(each.score, 4)
        return row | {"attributes": {"state": each.state.value}}

    def _segmentation(self, mask: np.ndarray) -> Any:
        return encode_mask(mask)


class COCOPolygons(COCO):
    """Masks as polygons, which may have a tolerance."""

    name = "coco_polygons"
    title = "COCO's JSON with track_id, masks as polygons"

    def recognises(self, path: pathlib.Path) -> bool:
        """Never: what it writes reads as `coco`."""
        return False

    def _segmentation(self, mask: np.ndarray) -> Any:
        outlines = mask_outlines(mask, self.tolerance)
        return [[round(float(number), 2) for number in outline.ravel()] for outline in outlines]


def _image(frame: FrameRecord, video: Video) -> dict[str, Any]:
    height, width = frame.size(video, "COCO")
    number = {"frame_index": frame.index, "frame_id": frame.index}
    return {
        "id": frame.index + 1,
        "video_id": 1,
        "file_name": video.file(frame.index),
        "height": height,
        "width": width,
        **number,
    }


def _read(path: pathlib.Path, content: dict[str, Any], video: Video) -> Recording:
    images = {image["id"]: image for image in _of_one_video(path, content, video)}
    names = {each["id"]: str(each["name"]) for each in content.get("categories", [])}
    rows: dict[Any, list[dict[str, Any]]] = {key: [] for key in images}
    for row in content["annotations"]:
        if row["image_id"] in rows:
            rows[row["image_id"]].append(row)
    numbering = Numbering(str(path), "track_id")
    for some in rows.values():
        numbering.add([(_identity(row), names.get(row.get("category_id"), LABEL)) for row in some])
    entries = []
    for key, image in images.items():
        index = next((image[field] for field in FRAME_FIELDS if type(image.get(field)) is int), None)
        size = _size(path, image, video)
        labels = [names.get(row.get("category_id"), LABEL) for row in rows[key]]
        numbered = list(zip(numbering.numbers(len(entries)), labels, rows[key], strict=True))
        load = functools.partial(_objects, str(path), numbered, size)
        file = pathlib.PurePosixPath(str(image.get("file_name", "")))
        entries.append(Entry(index, file.stem, load, file.name))
    return Recording(str(path), entries, Video(path.stem, _size(path, next(iter(images.values()), {}), video)))


def _of_one_video(path: pathlib.Path, content: dict[str, Any], video: Video) -> list[dict[str, Any]]:
    """The images of the only video, or of the one with the video's name."""
    names = {each["id"]: str(each.get("name", each["id"])) for each in content.get("videos", [])}
    if len(names) < 2:
        return content["images"]
    chosen = [key for key, name in names.items() if pathlib.PurePath(name).stem == video.name]
    if not chosen:
        raise DataError(
            f"{path} holds {len(names)} videos ({', '.join(list(names.values())[:3])}, ...), none of them called "
            f"{video.name}; give --video, that of one"
        )
    return [image for image in content["images"] if image.get("video_id") == chosen[0]]


def _identity(row: dict[str, Any]) -> Any:
    return next((row[field] for field in ("track_id", "instance_id") if row.get(field) is not None), None)


def _size(path: pathlib.Path, image: dict[str, Any], video: Video) -> Size:
    sides = image.get("height"), image.get("width")
    if all(type(side) is int and side > 0 for side in sides):
        return int(image["height"]), int(image["width"])
    return video.known_size(f"{path}, whose images have no height and width,")


def _objects(path: str, numbered: list[tuple[int, str, dict[str, Any]]], size: Size) -> list[ObjectRecord]:
    objects = []
    for number, label, row in numbered:
        origin = f"{path}, annotation {row.get('id')}"
        segmentation = row.get("segmentation")
        mask = draw(as_run_lengths(segmentation, *size, origin)) if segmentation else None
        box = as_box(row["bbox"], origin) if row.get("bbox") else None
        score = None if row.get("score") is None else float(row["score"])
        state = State((row.get("attributes") or {}).get("state", State.TRACKED))
        objects.append(ObjectRecord(number, label, box, None, mask, score, state))
    return objects
