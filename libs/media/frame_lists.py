"""Which files of a folder are its images, and in which order."""

import pathlib

from libs.utils.errors import DataError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")


def list_images(folder):
    """The image files of a folder in the order of their numbers (or names), hidden files left out.

    Raises:
        DataError: the folder is missing or holds no image.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder} is missing: it should hold the images")
    files = [
        file for file in folder.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".")
    ]
    if not files:
        raise DataError(f"{folder} holds no image ({', '.join(IMAGE_SUFFIXES)})")
    return sorted(files, key=_image_order)


def _image_order(file):
    """Numbers by their value (2 before 10), then other names by the alphabet."""
    return (0, int(file.stem), file.name) if file.stem.isdecimal() else (1, 0, file.name)
