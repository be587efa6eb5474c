"""CVAT's XML: tracks of a video with a shape in each frame; also reads files of the kind "for images"."""

import contextlib
import functools
import pathlib
import tempfile
import xml.etree.ElementTree as XML
from collections.abc import Iterator
from typing import IO
from xml.sax.saxutils import quoteattr

import numpy as np

from libs.media.annotations.format import Add, Format
from libs.media.annotations.numbering import Numbering
from libs.media.annotations.outlines import draw_outlines, join_outlines, mask_outlines
from libs.media.annotations.record import LABEL, Entry, FrameRecord, ObjectRecord, Recording, Size, Video
from libs.media.mask_regions import MaskRegion
from libs.utils.errors import DataError
from libs.utils.state import State

SHAPES = ("box", "polygon", "mask")
ATTRIBUTES = {"score": "number", "state": "text"}


class CVATVideo(Format):
    """Masks (polygons with a tolerance), else boxes; score and state are attributes. Track 0 is object 1."""

    name = "cvat"
    title = "CVAT's XML for video, 1.1: tracks of masks, polygons or boxes"
    ending = ".xml"

    def recognises(self, path: pathlib.Path) -> bool:
        """See Format.recognises: XML whose first element is annotations."""
        if not path.is_file() or path.suffix.lower() != ".xml":
            return False
        try:
            return next(XML.iterparse(path, events=("start",)))[1].tag == "annotations"
        except (OSError, XML.ParseError, StopIteration):
            return False

    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """See Format.read; leaves out shapes marked as outside, lines and points."""
        try:
            root = XML.parse(path).getroot()
        except (OSError, XML.ParseError) as error:
            raise DataError(f"{path} cannot be read as XML ({error})") from error
        if root.tag != "annotations":
            raise DataError(f"{path} is no file of CVAT: its first element is {root.tag}, not annotations")
        size = _size_of(root) or video.size
        try:
            entries = _read_images(root, str(path), size) if root.find("image") is not None else None
            entries = _read_tracks(root, str(path), size) if entries is None else entries
        except (KeyError, ValueError, TypeError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{path} is no file of CVAT as its tools write it ({error!r})") from error
        length = root.findtext("meta/task/size", "")
        return Recording(str(path), entries, Video(path.stem, size, int(length) if length.isdecimal() else None))

    @contextlib.contextmanager
    def write(self, path: pathlib.Path, video: Video) -> Iterator[Add]:
        """See Format.write; shapes wait in a file for each track, because the format lists track after track."""
        with contextlib.ExitStack() as stack:
            tracks: dict[int, tuple[str, IO[str]]] = {}
            frames, size = 0, video.size

            def add(frame: FrameRecord) -> None:
                nonlocal frames, size
                for each in frame.objects:
                    size = size or (each.mask.shape if each.mask is not None else None)
                    if each.number not in tracks:
                        opened = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
                        tracks[each.number] = each.label, opened
                shown = {each.number: each for each in frame.objects}
                for number, (_, file) in tracks.items():
                    file.write(self._element(frame.index, shown.get(number)))
                frames = frame.index + 1

            yield add
            with path.open("w", encoding="utf-8") as stream:
                stream.write(_head(video, frames, size, sorted({label for label, _ in tracks.values()})))
                for number, (label, file) in sorted(tracks.items()):
                    stream.write(f'  <track id="{number - 1}" label={quoteattr(label)} source="auto">\n')
                    file.seek(0)
                    stream.writelines(file)
                    stream.write("  </track>\n")
                stream.write("</annotations>\n")

    def _element(self, index: int, each: ObjectRecord | None) -> str:
        """The element of an object in a frame; an empty box marked as outside if it has no place there."""
        common = f'frame="{index}" keyframe="1" occluded="0"'
        if each is None or each.extent is None:
            inside = _attributes(each) if each else ""
            return f'    <box {common} outside="1" xtl="0" ytl="0" xbr="0" ybr="0">{inside}</box>\n'
        if each.mask is None:
            x, y, w, h = (float(number) for number in each.extent)
            tag, shape = "box", f'xtl="{x:.4f}" ytl="{y:.4f}" xbr="{x + w:.4f}" ybr="{y + h:.4f}"'
        elif self.tolerance:
            outlines = mask_outlines(each.mask, self.tolerance)
            points = join_outlines(outlines) if outlines else np.zeros((0, 2))
            tag, shape = "polygon", f'points="{";".join(f"{x:.2f},{y:.2f}" for x, y in points)}"'
        else:
            region = MaskRegion.of(each.mask)
            (x, y), (w, h) = region.offset, region.size
            place = f'left="{x}" top="{y}" width="{w}" height="{h}"'
            tag, shape = "mask", f'rle="{", ".join(map(str, region.runs.tolist()))}" {place}'
        return f'    <{tag} {common} outside="0" {shape} z_order="0">{_attributes(each)}</{tag}>\n'


def _attributes(each: ObjectRecord) -> str:
    score = "" if each.score is None else f'<attribute name="score">{each.score:.4f}</attribute>'
    return f'{score}<attribute name="state">{each.state.value}</attribute>'


def _head(video: Video, frames: int, size: Size | None, labels: list[str]) -> str:
    """What comes before the tracks."""
    height, width = size or video.known_size("CVAT")
    kinds = "".join(
        f"<attribute><name>{name}</name><mutable>True</mutable><input_type>{kind}</input_type>"
        "<default_value></default_value><values></values></attribute>"
        for name, kind in ATTRIBUTES.items()
    )
    described = "".join(
        f"        <label><name>{_text(label)}</name><attributes>{kinds}</attributes></label>\n" for label in labels
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n    <task>\n'
        f"      <name>{_text(video.name)}</name>\n      <size>{frames}</size>\n      <mode>interpolation</mode>\n"
        f"      <labels>\n{described}      </labels>\n"
        f"      <original_size><width>{width}</width><height>{height}</height></original_size>\n"
        "    </task>\n  </meta>\n"
    )


def _text(text: str) -> str:
    return quoteattr(text)[1:-1]


def _size_of(root: XML.Element) -> Size | None:
    sizes = [*root.iterfind("meta/task/original_size"), *root.iterfind("meta/original_size"), *root.iterfind("image")]
    for found in sizes:
        sides = [found.findtext(side) or found.get(side) or "" for side in ("height", "width")]
        if all(side.isdecimal() for side in sides):
            return int(sides[0]), int(sides[1])
    return None


def _read_tracks(root: XML.Element, origin: str, size: Size | None) -> list[Entry]:
    tracks = root.findall("track")
    frames: dict[int, list[tuple[int, str, XML.Element]]] = {}
    for track in tracks:
        text = track.get("id", "")
        if not text.isdecimal():
            raise DataError(f"{origin}: {text!r} is no number of a track; ids are whole numbers from 0 on")
        for shape in track:
            if shape.tag in SHAPES:
                some = frames.setdefault(int(shape.attrib["frame"]), [])
                if shape.get("outside") != "1" or _attribute(shape, "state"):
                    some.append((int(text) + 1, track.get("label") or LABEL, shape))
    return [Entry(index, "", functools.partial(_objects, some, origin, size)) for index, some in sorted(frames.items())]


def _read_images(root: XML.Element, origin: str, size: Size | None) -> list[Entry]:
    images = root.findall("image")
    shapes = [[shape for shape in image if shape.tag in SHAPES] for image in images]
    numbering = Numbering(origin, "attribute track_id")
    for some in shapes:
        numbering.add([(_attribute(shape, "track_id"), shape.get("label") or LABEL) for shape in some])
    entries = []
    for place, (image, some) in enumerate(zip(images, shapes, strict=True)):
        labels = [shape.get("label") or LABEL for shape in some]
        numbered = list(zip(numbering.numbers(place), labels, some, strict=True))
        load = functools.partial(_objects, numbered, origin, size)
        file = pathlib.PurePosixPath(image.get("name", ""))
        entries.append(Entry(int(image.attrib["id"]), file.stem, load, file.name))
    return entries


def _attribute(shape: XML.Element, name: str) -> str | None:
    return next((each.text for each in shape.iterfind("attribute") if each.get("name") == name), None)


def _objects(shapes: list[tuple[int, str, XML.Element]], origin: str, size: Size | None) -> list[ObjectRecord]:
    try:
        return [_record(number, label, shape, origin, size) for number, label, shape in shapes]
    except (KeyError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{origin}: a shape cannot be used ({error!r})") from error


def _record(number: int, label: str, shape: XML.Element, origin: str, size: Size | None) -> ObjectRecord:
    text = _attribute(shape, "score")
    score, state = float(text) if text else None, State(_attribute(shape, "state") or State.TRACKED)
    if shape.get("outside") == "1":
        return ObjectRecord(number, label, score=score, state=state)
    if shape.tag == "box":
        left, top, right, bottom = (float(shape.attrib[side]) for side in ("xtl", "ytl", "xbr", "ybr"))
        return ObjectRecord(number, label, np.array([left, top, right - left, bottom - top]), None, None, score, state)
    size = size or Video().known_size(f"{origin}, which has no original_size,")
    if shape.tag == "polygon":
        points = np.array([[float(number) for number in pair.split(",")] for pair in shape.attrib["points"].split(";")])
        mask = draw_outlines([points], size)
    else:
        x, y, w, h = (int(float(shape.attrib[side])) for side in ("left", "top", "width", "height"))
        runs = np.array([int(run) for run in shape.attrib["rle"].split(",")])
        mask = MaskRegion((x, y), (w, h), runs).draw(size)
    return ObjectRecord(number, label, None, None, mask, score, state)
