"""Generated, undamaged inputs with known content, which must be read exactly.

A generator makes a file with one kind of difficulty; its meaning is in the file itself or the same for all. A reader
that refuses an understandable file is as wrong as one that misreads it.
"""

import codecs
import functools
import io
import json
import pathlib
import tempfile
from random import Random

import cv2
import numpy as np
from PIL import Image, PngImagePlugin

from libs.media.frame_lists import list_images
from libs.media.masks import read_mask
from libs.media.palette import davis_palette
from libs.media.regions import read_boxes
from libs.media.sources import open_source
from libs.utils.errors import DataError
from tests.fuzz.target import Target, image_bytes, noise

PICTURE = image_bytes(noise((6, 8, 3)), "jpeg")
ODD = " _-+=%#@&~'(),;[]{}éßñ漢字Ж🎬"
ENDINGS = (".jpg", ".JPG", ".jpeg", ".Jpeg")
SHAPE = (24, 32)
BOXES = np.array([[10.5, 12.25, 30.0, 20.5], [-3.0, 0.0, 31.5, 20.0], [np.nan] * 4, [11.75, 1.5, 7.25, 128.0]])


class Misread(Exception):
    """The content read differs from what the file holds."""


def refused(read, path):
    """What a reader returns, or the DataError with which it refuses."""
    try:
        return read(path)
    except DataError as error:
        return error


# Names: natural order, odd characters.


def generate_names(_data, random):
    """JSON of file names in their order; `twice` means that two of them share a place in it."""
    before, between, after = ("".join(random.choices(ODD, k=random.randint(0, 4))) for _ in range(3))
    shots = sorted(random.sample(range(120), random.choice((1, 1, 3)))) if between else [0]
    numbers = sorted(random.sample(range(10 ** random.randint(1, 6)), random.randint(2, 8)))
    width, mixed, ending = random.randint(1, 6), random.random() < 0.3, random.choice(ENDINGS)
    names = []
    for shot in shots:
        for number in numbers:
            padded = f"{number:0{random.randint(1, 6) if mixed else width}d}"
            names.append(f"{before}{shot if between else ''}{between}{padded}{after}{ending}")
    twice = random.random() < 0.1
    if twice:
        # With one more zero before the last number.
        first = f"{before}{shots[0] if between else ''}{between}"
        names.append(f"{first}0{names[0].removeprefix(first)}")
    return json.dumps({"names": names, "twice": twice}).encode()


def read_names(folder):
    """Create the files in another order, and list them."""
    content = json.loads((folder / "names.json").read_bytes())
    with tempfile.TemporaryDirectory(dir=folder) as place:
        for name in sorted(content["names"], key=hash):
            (pathlib.Path(place) / name).write_bytes(PICTURE)
        listed = refused(list_images, place)
    if content["twice"] != isinstance(listed, DataError):
        raise Misread(f"{content}: {listed}")
    if not content["twice"] and [path.name for path in listed] != content["names"]:
        raise Misread(f"{content['names']} are listed as {[path.name for path in listed]}")


# Palettes, and other ways to write labels.


def _as_palette(labels, colours, **options):
    image = Image.fromarray(labels)
    image.putpalette(np.asarray(colours, dtype=np.uint8).tobytes(), **options)
    return image, labels


def _own_colours(labels, random):
    # None of them is black, in DAVIS's palette or in the web's.
    return _as_palette(labels, [(0, 0, 0), *((random.randrange(1, 250, 2), 77, 33) for _ in range(255))])


def _reordered(labels, random):
    order = random.sample(range(1, 200), labels.max())
    stored = np.array([0, *order], dtype=np.uint8)[labels]
    colours = np.zeros((256, 3), dtype=np.uint8)
    colours[order] = davis_palette()[1 : len(order) + 1]
    return _as_palette(stored, colours)[0], labels


def _transparent(labels, random):
    alpha = np.full(SHAPE, 255, dtype=np.uint8)
    alpha[: random.randint(1, 4)] = 0
    channels = davis_palette()[labels] if random.random() < 0.5 else labels[..., None]
    return Image.fromarray(np.concatenate([channels, alpha[..., None]], axis=2)), np.where(alpha > 0, labels, 0)


def _two_levels(labels, random):
    truth = np.where(labels > 0, 255, 0).astype(np.uint8)
    if random.random() < 0.5:
        return Image.fromarray(truth), truth
    return _as_palette((labels == 0).astype(np.uint8), [(255, 255, 255), (0, 0, 0)])[0], truth


WAYS = {
    "indices": lambda labels, random: _as_palette(labels, davis_palette()),
    "own colours": _own_colours,
    "another order": _reordered,
    "colours": lambda labels, random: (Image.fromarray(davis_palette()[labels]), labels),
    "grey": lambda labels, random: (Image.fromarray(labels), labels),
    "transparent": _transparent,
    "16 bits": lambda labels, random: (Image.fromarray(labels.astype(np.uint16)), labels),
    "1 bit": lambda labels, random: (Image.fromarray(labels > 0), (labels > 0).astype(np.uint8)),
    "two levels": _two_levels,
    "web colours": lambda labels, random: (Image.fromarray(noise((*SHAPE, 3))).convert("P"), None),
}


def generate_mask(_data, random):
    """A PNG of some objects in one of `WAYS`, with its labels as text; None: no labels can be meant."""
    labels = np.zeros(SHAPE, dtype=np.uint8)
    for number in range(1, random.randint(1, 9) + 1):
        left, top = random.randrange(SHAPE[1] - 4), random.randrange(SHAPE[0] - 4)
        labels[top : top + 6, left : left + 8] = number
    labels = np.unique(labels, return_inverse=True)[1].reshape(SHAPE).astype(np.uint8)
    way = random.choice(sorted(WAYS))
    image, truth = WAYS[way](labels, random)
    info, stream = PngImagePlugin.PngInfo(), io.BytesIO()
    info.add_text("way", way)
    info.add_text("truth", json.dumps(None if truth is None else truth.tolist()))
    image.save(stream, format="png", pnginfo=info)
    return stream.getvalue()


def read_generated_mask(folder):
    """Read it, and compare with its own description."""
    with Image.open(folder / "mask.png") as image:
        way, truth = image.text["way"], json.loads(image.text["truth"])
    labels = refused(read_mask, folder / "mask.png")
    if (truth is None) != isinstance(labels, DataError):
        raise Misread(f"{way}: {labels}")
    if truth is not None and not np.array_equal(labels, truth):
        raise Misread(f"{way}: {np.unique(truth)} is read as {np.unique(labels)}")


# Dialects of ground truth.


def generate_dialect(_data, random):
    """BOXES as text, written in an unambiguous way."""
    decimal, separators = random.choice(((".", (",", "\t", " ", ";", ", ", "   ")), (",", (";", "\t", " ", "; "))))
    separator = random.choice(separators)
    trailing = random.choice(("", "", separator, " "))
    absent = random.choice(("nan", "NaN", "0", "0.0"))
    lines = []
    for box in BOXES:
        written = [random.choice((f"{value:g}", f"{value:.4f}", f"{value:+.2f}")) for value in box]
        numbers = [absent] * 4 if np.isnan(box).any() else written
        lines.append(separator.join(number.replace(".", decimal) for number in numbers) + trailing)
    text = random.choice(("\n", "\r\n", "\r")).join([*lines, *[""] * random.randint(0, 3)])
    encoding = random.choice(("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"))
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    mark = marks.get(encoding, b"") if random.random() < 0.7 else b""
    return mark + text.encode(encoding)


def read_dialect(folder):
    """Read it, and compare with BOXES."""
    boxes = refused(read_boxes, folder / "truth.txt")
    if isinstance(boxes, DataError) or not np.array_equal(boxes, BOXES, equal_nan=True):
        raise Misread(f"{boxes}")


# Sources that end too early.


@functools.cache
def _clips():
    """Name -> bytes of whole videos, as Motion-JPEG and MPEG-4."""
    frames = [np.full((48, 64, 3), 20 + 25 * index, np.uint8) for index in range(8)]
    with tempfile.TemporaryDirectory() as place:
        for name, code in (("clip.avi", "MJPG"), ("clip.mp4", "mp4v")):
            writer = cv2.VideoWriter(f"{place}/{name}", cv2.VideoWriter_fourcc(*code), 25, (64, 48))
            for frame in frames:
                writer.write(frame)
            writer.release()
        return {path.name: path.read_bytes() for path in pathlib.Path(place).iterdir()}


@functools.cache
def _levels(name):
    """Mean grey level of each frame of a whole video."""
    with tempfile.TemporaryDirectory() as place:
        path = pathlib.Path(place) / name
        path.write_bytes(_clips()[name])
        return _read_levels(path)


def _read_levels(path):
    """Mean grey level of the frames up to the first that cannot be read."""
    levels = []
    with open_source(path) as source:
        for frame in source:
            if frame.error is not None:
                break
            levels.append(float(frame.image.mean()))
    return levels


def cut(data, random):
    """The first part of a file."""
    return data[: random.randrange(len(data))]


def read_cut(folder):
    """The frames of each video; a truncated one has the first frames of the whole one."""
    for name in _clips():
        levels = refused(_read_levels, folder / name)
        if isinstance(levels, DataError):
            continue
        whole = _levels(name)
        if len(levels) > len(whole) or not np.allclose(levels, whole[: len(levels)], atol=3):
            raise Misread(f"{name}: {levels} of {whole}")


TARGETS = {
    "names": Target(
        lambda: {"names.json": json.dumps({"names": ["9.jpg", "10.jpg"], "twice": False}).encode()},
        generate_names,
        read_names,
    ),
    "palettes": Target(lambda: {"mask.png": generate_mask(b"", Random(0))}, generate_mask, read_generated_mask),
    "dialects": Target(lambda: {"truth.txt": generate_dialect(b"", Random(0))}, generate_dialect, read_dialect),
    "cut_sources": Target(_clips, cut, read_cut, weight=0.5),
}
