"""Label masks on disk: object indices uint8 (H, W) inside, 0 background, k object k."""

import io
import pathlib

import numpy as np
from PIL import Image

from libs.media.images import decode_image
from libs.utils.errors import DataError


def read_mask(path):
    """A mask file as uint8 (H, W): palette indices or grey levels as stored (1-bit files as 0 and 1).

    Raises:
        DataError: naming the file, when it is missing, truncated, no image, or has neither palette nor grey levels.
    """
    image = decode_image(path)
    if image.mode not in ("P", "L", "1"):
        raise DataError(f"mask {path} has mode {image.mode}; give a palette or 8-bit grey PNG of object indices")
    return np.array(image, dtype=np.uint8)


def write_mask(path, mask):
    """Write object indices (H, W), uint8 or bool, as an indexed PNG with the DAVIS palette."""
    pathlib.Path(path).write_bytes(encode_mask(mask))


def encode_mask(mask):
    """Object indices (H, W), uint8 or bool, as the bytes of an indexed PNG with the DAVIS palette."""
    image = Image.fromarray(np.asarray(mask, dtype=np.uint8))
    image.putpalette(davis_palette().tobytes())
    stream = io.BytesIO()
    image.save(stream, format="png")
    return stream.getvalue()


def davis_palette():
    """(256, 3) uint8 colours of object indices in DAVIS, YouTube-VOS and PASCAL VOC.

    The bits of the index are dealt out to red, green and blue in turn, from the colour's highest bit down.
    """
    index = np.arange(256)[:, None]
    palette = np.zeros((256, 3), dtype=np.int64)
    for level in range(8):
        palette |= ((index >> (3 * level + np.arange(3))) & 1) << (7 - level)
    return palette.astype(np.uint8)
