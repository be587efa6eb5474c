"""The entries of COCO annotation files and of similar ones, with or without area, crowds and boxes."""

import dataclasses
import math
import pathlib
from typing import Any

from libs.dataset.names import plain_path
from libs.media.coco_masks import are_numbers, is_mask
from libs.media.images import MOST_PIXELS
from libs.utils.errors import DataError


@dataclasses.dataclass(frozen=True)
class ImageEntry:
    """An entry of `images`: its file, relative to the folder of images, and its size in pixels."""

    file: pathlib.PurePosixPath
    height: int
    width: int

    @property
    def name(self) -> str:
        """A plain name: the path without its ending, folders joined by underscores."""
        return "_".join(self.file.with_suffix("").parts)


@dataclasses.dataclass(frozen=True)
class Instance:
    """An entry of `annotations`: its mask in any of COCO's forms, and its box (x, y, w, h) and area if given."""

    mask: list | dict
    box: list | None
    area: float | None
    crowd: bool


def check_image(image: object, origin: object) -> ImageEntry:
    """An entry of `images`; `origin` begins an error's message.

    Raises:
        DataError: its file name leads out of the folder, or its size is not that of an image.
    """
    fields = image if isinstance(image, dict) else {}
    text = fields.get("file_name")
    file = plain_path(text if isinstance(text, str) else "", f"{origin}, file_name of an image")
    sides: list[Any] = [fields.get(side) for side in ("height", "width")]
    if not all(_is_whole(side) and side > 0 for side in sides) or math.prod(sides) > MOST_PIXELS:
        raise DataError(f"{origin}, image {file}: its height and width are {sides}")
    return ImageEntry(file, *map(int, sides))


def check_instance(instance: object, image: ImageEntry, origin: object) -> Instance:
    """An entry of `annotations` of an image; iscrowd, area and bbox may be absent.

    Raises:
        DataError: a field is malformed, or the mask is not one of the image.
    """
    fields: dict[str, Any] = instance if isinstance(instance, dict) else {}
    box, area, crowd = fields.get("bbox"), fields.get("area"), fields.get("iscrowd", 0)
    sound = crowd in (0, 1) and (area is None or are_numbers([area]))
    sound = sound and (box is None or (are_numbers(box) and len(box) == 4))
    mask = fields.get("segmentation")
    if not sound or not is_mask(mask, image.height, image.width):
        raise DataError(
            f"{origin}, annotation {str(fields.get('id'))[:20]} of {image.file}: it needs segmentation (polygons in "
            "the image, or the lengths of runs that fill it); bbox is 4 numbers, area one, iscrowd 0 or 1, if there"
        )
    return Instance(mask, box, area, bool(crowd))


def _is_whole(value: object) -> bool:
    """Whether it is a whole number, which may be written as 480.0."""
    return type(value) is int or (type(value) is float and value.is_integer())
