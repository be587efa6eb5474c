"""Label masks on disk, read as object indices uint8 (H, W): 0 background, k object k."""

import io
import os
import pathlib

import cv2
import numpy as np
from PIL import Image

from libs.media.files import explain_writing
from libs.media.images import decode_image
from libs.media.mask_edges import is_picture, sharpen_mask
from libs.media.palette import colours_to_indices, davis_palette, is_davis, palette_to_labels
from libs.utils.errors import DataError

LOSSY_FORMATS = ("JPEG", "MPO")
MOST_COLOURS = 255
MOST_VALUES = 32
"""Most values of what looks like a mask among images."""
HOW_TO_CONVERT = (
    "give a PNG whose pixel values are the numbers of the objects, 0 for the background; "
    "Image.fromarray(labels.astype('uint8')).save('mask.png') writes one"
)


def read_mask(path: str | os.PathLike) -> np.ndarray:
    """A mask file as uint8 (H, W): palette indices or grey levels as stored (1-bit files as 0 and 1), upright.

    What a value of 255 means depends on the other masks of the sequence: see `libs.media.void`. Also accepted: labels
    of 16 or 32 bits and floats up to 255 (65535 is 255), colours of the DAVIS palette in RGB or RGBA and in quantised
    pictures, black and white in any palette (0 and 255), and two-level masks with smooth edges or saved as JPEG (0 and
    255). Transparent pixels are background.

    Raises:
        DataError: naming the file, if it is missing, truncated or not an image, or its values are not indices; the
            message says how to convert it.
    """
    image = decode_image(path)
    lossy = image.format in LOSSY_FORMATS
    if image.mode == "P":
        return _from_palette(image, path)
    if image.mode == "1":
        return np.array(image, dtype=np.uint8)
    if image.mode[0] in "IF":
        return _from_deep(np.asarray(image), path)
    if image.mode in ("L", "LA"):
        values = np.array(image)
        return sharpen_mask(_opaque(values[..., 0], values[..., 1]) if values.ndim == 3 else values, lossy, str(path))
    if image.mode in ("RGB", "RGBA"):
        return _from_colours(np.array(image), path, lossy)
    raise DataError(f"mask {path} has mode {image.mode}; {HOW_TO_CONVERT}")


def mask_values(mask: np.ndarray) -> set[int]:
    """The values other than 0 that occur in a mask, uint8 (H, W)."""
    return set(np.flatnonzero(np.bincount(mask.ravel())).tolist()) - {0}


def looks_like_mask(path: str | os.PathLike) -> bool:
    """Whether an image file can be read as a mask of background and few values, unlike a photograph."""
    try:
        mask = read_mask(path)
    except DataError:
        return False
    return 1 <= len(mask_values(mask)) <= MOST_VALUES and not mask.all()


def write_mask(path: str | os.PathLike, mask: np.ndarray) -> None:
    """Write object indices (H, W), uint8 or bool, as an indexed PNG with the DAVIS palette; replaces an existing file.

    Raises:
        DataError: the file cannot be written.
    """
    with explain_writing(path):
        pathlib.Path(path).write_bytes(encode_mask(mask))


def encode_mask(mask: np.ndarray) -> bytes:
    """Object indices (H, W), uint8 or bool, as the bytes of an indexed PNG with the DAVIS palette."""
    image = Image.fromarray(np.asarray(mask, dtype=np.uint8))
    image.putpalette(davis_palette().tobytes())
    stream = io.BytesIO()
    image.save(stream, format="png")
    return stream.getvalue()


def _from_palette(image: Image.Image, path: str | os.PathLike) -> np.ndarray:
    indices = np.array(image, dtype=np.uint8)
    palette = np.array(image.getpalette() or (), dtype=np.uint8).reshape(-1, 3)
    used = np.flatnonzero(image.histogram())
    labels = palette_to_labels(used, palette)
    if labels is None or (len(used) > 2 and not is_davis(used, palette) and is_picture(indices)):
        raise DataError(f"mask {path}: the indices of its palette are colours, not objects; {HOW_TO_CONVERT}")
    return cv2.LUT(indices, labels)


def _from_deep(values: np.ndarray, path: str | os.PathLike) -> np.ndarray:
    values = np.where(values == 65535, 255, values)
    if not (values == np.round(values)).all():
        raise DataError(f"mask {path} has values that are no whole numbers; {HOW_TO_CONVERT}")
    if values.min() < 0 or values.max() > 255:
        raise DataError(f"mask {path} has values up to {values.max()}, more than 255; {HOW_TO_CONVERT}")
    return values.astype(np.uint8)


def _from_colours(pixels: np.ndarray, path: str | os.PathLike, lossy: bool) -> np.ndarray:
    """The labels of a picture of a mask, (H, W, 3) or (H, W, 4)."""
    alpha = pixels[..., 3] if pixels.shape[2] == 4 else None
    channels = pixels[..., :3]
    if np.ptp(channels, axis=2).max() <= (16 if lossy else 0):
        grey = channels[..., 1]
        return sharpen_mask(grey if alpha is None else _opaque(grey, alpha), lossy, str(path))
    codes = channels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
    if alpha is not None:
        codes = _opaque(codes, alpha)
    kinds, inverse = np.unique(codes, return_inverse=True)
    colours = np.stack([kinds >> 16, kinds >> 8 & 255, kinds & 255], axis=1)
    labels = colours_to_indices(colours) if len(kinds) <= MOST_COLOURS else None
    if labels is None:
        kind = "was saved in a lossy form, or is a picture" if len(kinds) > MOST_COLOURS or lossy else "is a picture"
        raise DataError(f"mask {path} {kind}: its colours are not those of DAVIS's palette; {HOW_TO_CONVERT}")
    return labels[inverse].reshape(codes.shape)


def _opaque(values: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The values (H, W) with 0 where an image is transparent."""
    return np.where(alpha > 0, values, 0).astype(values.dtype)
