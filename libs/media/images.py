"""Images on disk: RGB uint8 (H, W, 3) inside."""

import contextlib
import pathlib

import numpy as np
from PIL import Image

from libs.utils.errors import DataError

FORMATS = ("JPEG", "PNG", "BMP", "PPM", "TIFF", "WEBP")
"""What image files may be: Pillow reads more, some of it by other programs (PostScript by Ghostscript)."""
MOST_PIXELS = 10**8
"""Of an image: three times 8K. The header of a tiny file can claim any number."""


def as_rgb(array, name="image"):
    """An image given as an array, as RGB uint8 (H, W, 3).

    Args:
        array: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), uint8 or uint16 (0..65535, scaled to 0..255); alpha goes.
        name: what the error message calls the image.

    Raises:
        DataError: when the shape or the type is another, or there are no pixels.
    """
    array = np.asarray(array)
    channels = (*array.shape, 1)[2] if array.ndim in (2, 3) else 0
    if channels not in (1, 3, 4) or array.size == 0:
        raise DataError(f"{name} of shape {array.shape}; give (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) with pixels")
    if array.dtype == np.uint16:
        array = np.round(array / np.float32(257)).astype(np.uint8)
    if array.dtype != np.uint8:
        raise DataError(f"{name} of type {array.dtype}; give uint8 (0..255) or uint16 (0..65535)")
    if channels == 1:
        return np.repeat(array.reshape(*array.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(array[..., :3])


def read_image(path):
    """An image file as RGB uint8 (H, W, 3): grey, palette, RGBA and 16-bit files too.

    Raises:
        DataError: naming the file, when it is missing, truncated or no image.
    """
    image = decode_image(path)
    if image.mode.startswith("I"):
        # Pillow opens 16-bit grey files as "I;16" or "I", by version.
        return as_rgb(np.clip(np.asarray(image), 0, 65535).astype(np.uint16), name=str(path))
    return np.array(image.convert("RGB"))


def write_image(path, image):
    """Write an RGB uint8 (H, W, 3) image; the ending of `path` gives the format."""
    Image.fromarray(as_rgb(image)).save(path)


def read_size(path):
    """(width, height) in pixels of an image or mask file, from its header. Raises DataError as `read_image`."""
    with _opened(path) as image:
        return image.size


def decode_image(path):
    """The `PIL.Image` of a file, decoded. Raises DataError as `read_image`."""
    with _opened(path) as image:
        image.load()
        return image


@contextlib.contextmanager
def _opened(path):
    """The image of a file whose header is read; what goes wrong with it is a DataError that names the file."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise DataError(f"image {path} does not exist; check its path, or the folder of the sequence")
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError(f"it claims {image.width} x {image.height} pixels")
            yield image
    # Pillow raises a dozen kinds of error, by format, on damaged files.
    except Exception as error:
        raise DataError(f"image {path} cannot be read ({error}); replace the file") from error
