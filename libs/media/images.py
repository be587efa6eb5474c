"""Images on disk, read as upright RGB uint8 (H, W, 3), whatever the file's format, depth and orientation."""

import contextlib
import io
import os
import pathlib
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from libs.media.files import explain_writing
from libs.media.tones import sequence_tones
from libs.utils.errors import DataError

FORMATS = (
    *("JPEG", "PNG", "BMP", "DIB", "PPM", "TIFF", "WEBP", "GIF", "AVIF", "JPEG2000", "TGA", "QOI", "PCX", "SGI"),
    "SUN",
)
"""What Pillow may read: it knows more formats, some through other programs (PostScript through Ghostscript)."""
OPENCV_SUFFIXES = (".tif", ".tiff", ".hdr", ".pfm", ".exr", ".jp2")
"""Endings of files that OpenCV reads if Pillow does not know them, such as floating-point colours."""
MOST_PIXELS = 10**8
"""Most pixels of an image: three times 8K. The header of a tiny file can claim any number."""
ORIENTATION = 0x0112
"""The EXIF tag; values 5 to 8 mean that width and height are swapped in the file."""


def as_rgb(array: np.ndarray, name: str = "image") -> np.ndarray:
    """An image given as an array, as RGB uint8 (H, W, 3).

    Args:
        array: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), uint8 or uint16 (0..65535, scaled to 0..255); alpha is
            dropped.
        name: what the error message calls the image.

    Raises:
        DataError: the shape or the type is another, or there are no pixels.
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


def read_image(path: str | os.PathLike, first: str | os.PathLike | None = None) -> np.ndarray:
    """An image file as RGB uint8 (H, W, 3), turned upright by its EXIF data; also grey, palette and RGBA files.

    Images of more than 8 bits (16, 32, floating point) keep their contrast: see `libs.media.tones`.

    Args:
        path: the file.
        first: the first image of its sequence, whose grey levels decide for the whole sequence how more than 8 bits
            become 8; None: the file is on its own.

    Raises:
        DataError: naming the file, if it is missing, truncated or not an image.
    """
    image = _decode_any(path)
    if not isinstance(image, np.ndarray):
        return np.array(image.convert("RGB"))
    tones = sequence_tones(str(path if first is None else first), _decode_deep)
    return as_rgb(tones.apply(image), name=str(path))


def encode_jpeg(image: np.ndarray, quality: int) -> bytes:
    """An RGB uint8 image (H, W, 3) as JPEG with a quality of 0..100."""
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def encode_animation(images: Sequence[np.ndarray], rate: float, quality: int) -> bytes:
    """RGB uint8 images (H, W, 3) of one size as an animated WebP that loops for ever and that all browsers show.

    Args:
        images: at least one.
        rate: images a second.
        quality: 0..100.
    """
    first, *rest = [Image.fromarray(image) for image in images]
    stream = io.BytesIO()
    first.save(
        stream,
        "WEBP",
        save_all=True,
        append_images=rest,
        duration=round(1000 / rate),
        loop=0,
        quality=quality,
        method=4,
    )
    return stream.getvalue()


def write_image(path: str | os.PathLike, image: np.ndarray) -> None:
    """Write an RGB uint8 (H, W, 3) image in the format that the ending of `path` names.

    Raises:
        DataError: the file cannot be written.
    """
    with explain_writing(path):
        Image.fromarray(as_rgb(image)).save(path)


def read_size(path: str | os.PathLike) -> tuple[int, int]:
    """(width, height) in pixels of an upright image or mask, from its header. Raises DataError as `read_image`."""
    try:
        with _opened(path) as image:
            width, height = image.size
            return (height, width) if _is_turned(image) else (width, height)
    except _UnknownToPillowError:
        return _decode_by_opencv(path).shape[1::-1]


def count_pictures(path: str | os.PathLike) -> int:
    """How many pictures a file holds: more than 1 in animations and stacks. Raises DataError as `read_image`."""
    try:
        with _opened(path) as image:
            # The other pictures of MPO are previews of the first.
            return 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    except _UnknownToPillowError:
        return 1


def decode_image(path: str | os.PathLike) -> Image.Image:
    """The `PIL.Image` of a file, decoded and upright. Raises DataError as `read_image`."""
    with _opened(path) as image:
        return _upright(image)


class _UnknownToPillowError(DataError):
    """Pillow does not know the file's format."""


def _decode_any(path: str | os.PathLike) -> Image.Image | np.ndarray:
    """The upright picture: up to 8 bits as Pillow has it, more as an array (H, W) or (H, W, 3), RGB."""
    try:
        with _opened(path) as image:
            if _has_deep_colours(image):
                return _decode_by_opencv(path)
            image = _upright(image)
            return np.asarray(image) if image.mode[0] in "IF" else image
    except _UnknownToPillowError:
        if pathlib.Path(path).suffix.lower() in OPENCV_SUFFIXES:
            return _decode_by_opencv(path)
        raise


def _decode_deep(path: str) -> np.ndarray | None:
    """The values of an image of more than 8 bits; None for others."""
    image = _decode_any(path)
    return image if isinstance(image, np.ndarray) else None


def _has_deep_colours(image: Image.Image) -> bool:
    """Whether an opened file holds 16-bit colours; Pillow would drop the lower eight bits."""
    if image.mode not in ("RGB", "RGBA"):
        return False
    tiles = getattr(image, "tile", None)
    arguments = tiles[0].args if tiles else ""
    parts = arguments if isinstance(arguments, tuple) else (arguments,)
    return ";16" in str(parts[0]) or (image.format == "PPM" and parts[-1] not in (parts[0], 255))


def _decode_by_opencv(path: str | os.PathLike) -> np.ndarray:
    """The values of an image, (H, W) or (H, W, 3) in RGB, of any type; OpenCV turns it upright on its own."""
    data = np.fromfile(path, dtype=np.uint8)
    flags = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR
    try:
        image = cv2.imdecode(data, flags) if data.size else None
    except cv2.error:
        image = None
    if image is None:
        raise DataError(f"image {path} cannot be read; replace the file, or convert it to PNG")
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


@contextlib.contextmanager
def _opened(path: str | os.PathLike) -> Iterator[Image.Image]:
    """Context with the opened image of a file; whatever goes wrong in it becomes a DataError that names the file."""
    path = pathlib.Path(path)
    if path.is_symlink() and not path.exists():
        raise DataError(
            f"image {path} is a link to {os.readlink(path)}, which does not exist; fetch the file (git annex get, "
            "dvc pull), or mend the link"
        )
    if not path.is_file():
        raise DataError(f"image {path} does not exist; check its path, or the folder of the sequence")
    try:
        # Not by its path: Pillow would map plain TIFF files into memory, and gets turned ones wrong (13.0).
        with path.open("rb") as file, Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError(f"it claims {image.width} x {image.height} pixels")
            yield image
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise _UnknownToPillowError(
            f"image {path} cannot be read ({error}); replace the file, or convert it to PNG"
        ) from error
    # Pillow raises a dozen kinds of error on damaged files, depending on the format.
    except Exception as error:
        raise DataError(f"image {path} cannot be read ({error}); replace the file") from error


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    if _orientation(image) == 1:
        return image
    turned = ImageOps.exif_transpose(image)
    turned.format = image.format
    return turned


def _is_turned(image: Image.Image) -> bool:
    """Whether width and height are swapped in an opened file; Pillow swaps those of TIFF back."""
    return image.format != "TIFF" and _orientation(image) in range(5, 9)


def _orientation(image: Image.Image) -> int:
    # Damaged EXIF data in a good picture can raise anything.
    try:
        return image.getexif().get(ORIENTATION, 1)
    except Exception:
        return 1


def scale_image(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image (H, W, 3), scaled to a size (width, height); the image itself if it already has that size."""
    if image.shape[1::-1] == tuple(size):
        return image
    shrinks = size[0] < image.shape[1]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
