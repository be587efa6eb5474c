"""Images and label masks, damaged anywhere, or in headers whose checksums are made right again."""

import struct
import zlib

import numpy as np

from libs.dataset.object_boxes import folder_boxes
from libs.dataset.segmented import SegmentedSequence
from libs.media.images import read_image
from libs.media.masks import encode_mask, read_mask
from tests.fuzz.mutations import WORDS, mutate_bytes
from tests.fuzz.target import Target, image_bytes, noise

SIDES = (0, 1, 2, 100, 5000, 60000, 2**16 - 1, 2**31 - 1)


def mutate_png(data, random):
    """A PNG damaged anywhere, its header's checksum often made right again so that the damage is read."""
    if random.random() < 0.4:
        return mutate_bytes(data, random)
    header = bytearray(data[16:29])
    if random.random() < 0.7:
        header[:8] = struct.pack(">II", random.choice(SIDES), random.choice(SIDES))
    else:
        header[8 + random.randrange(5)] = random.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
    return data[:16] + bytes(header) + struct.pack(">I", zlib.crc32(b"IHDR" + header)) + data[33:]


def mutate_jpeg(data, random):
    """A JPEG damaged anywhere, often in the frame header, which holds the size and number of components."""
    start = data.find(b"\xff\xc0")
    if start < 0 or random.random() < 0.5:
        return mutate_bytes(data, random)
    header = bytearray(data[start : start + 19])
    if random.random() < 0.7:
        header[5:9] = struct.pack(">HH", *(random.choice(SIDES) % 2**16 for _ in range(2)))
    else:
        header[random.randrange(2, 19)] = random.choice(WORDS) % 256
    return data[:start] + bytes(header) + data[start + 19 :]


def _read_frame(folder):
    for path in folder.iterdir():
        read_image(path)


def _read_masks(folder):
    image, mask = folder / "image.png", folder / "mask.png"
    read_mask(mask)
    folder_boxes(folder, [(image, mask)])
    SegmentedSequence("seq", (image,), {0: mask}).labels(0)


def _pngs():
    gray16 = np.arange(48, dtype=np.uint16).reshape(6, 8) * 1000
    arrays = {"rgb": noise((12, 16, 3)), "rgba": noise((12, 16, 4)), "gray": noise((12, 16)), "gray16": gray16}
    return {f"{name}.png": image_bytes(array) for name, array in arrays.items()}


def _jpegs():
    kinds = {"plain": {}, "progressive": {"progressive": True}, "tables": {"optimize": True, "quality": 30}}
    return {f"{name}.jpg": image_bytes(noise((16, 24, 3)), "jpeg", **options) for name, options in kinds.items()}


TARGETS = {
    "png": Target(_pngs, mutate_png, _read_frame, weight=2),
    "jpeg": Target(_jpegs, mutate_jpeg, _read_frame, weight=2),
    "bmp": Target(lambda: {"plain.bmp": image_bytes(noise((12, 16, 3)), "bmp")}, mutate_bytes, _read_frame, weight=0.5),
    "mask": Target(
        lambda: {"image.png": image_bytes(noise((12, 16, 3))), "mask.png": encode_mask(noise((12, 16), 3))},
        mutate_png,
        _read_masks,
        ("mask.png", "mask.png", "mask.png", "image.png"),
    ),
}
