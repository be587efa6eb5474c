"""What an evaluation needs to know about a sequence, from its dataset or from a VOT annotation file without images."""

import dataclasses
import functools
import pathlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from libs.dataset.names import check_name
from libs.dataset.sequence import TAGS, Sequence
from libs.media.files import read_json
from libs.utils.boxes import clip_box
from libs.utils.errors import DataError
from libs.utils.polygons import polygon_to_box, region_to_polygon

LONGEST_SIDE = 2**20
"""Largest side of an image in pixels."""


@dataclasses.dataclass(frozen=True, eq=False)
class Annotation:
    """Ground truth of one sequence of T frames.

    Attributes:
        name: the sequence's name.
        polygons: T corners (4, 2), float64, in image pixels.
        size: (width, height) of the images.
        tags: tag -> (T,) bool.
    """

    name: str
    polygons: list[np.ndarray]
    size: tuple[int, int]
    tags: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.polygons)

    @functools.cached_property
    def present(self) -> np.ndarray:
        """(T,) bool: frames in which some of the target's region lies inside the image.

        The reset protocol leaves out the other frames: nothing can be hit, missed or restarted there.
        """
        shape = self.size[::-1]
        return np.array([clip_box(polygon_to_box(polygon), shape)[2:].min() > 0 for polygon in self.polygons])


def annotate(sequence: Sequence) -> Annotation:
    """The annotation of a sequence; reads its first image to get the size."""
    return Annotation(sequence.name, sequence.polygons, sequence.image_size, sequence.tags)


def read_annotations(path: str | pathlib.Path, names: Iterable[str] | None = None) -> list[Annotation]:
    """Read an annotation file such as VOT2018.json.

    It holds an object: sequence name -> `width`, `height`, `gt_rect` (4 or 8 numbers a frame) and a list of 0 and 1 for
    each VOT tag; a tag's list may be empty.

    Args:
        path: the file.
        names: the sequences wanted, in this order; None for all.

    Raises:
        DataError: the file is missing or malformed, or lacks a wanted sequence.
    """
    path = pathlib.Path(path)
    content = read_json(path)
    if not isinstance(content, dict) or not content:
        raise DataError(f"{path} should hold an object of sequences by name, as VOT2018.json does")
    wanted = list(content if names is None else names)
    unknown = [name for name in wanted if name not in content]
    if unknown:
        raise DataError(f"{path} has no sequence {', '.join(unknown)}; it has {', '.join(content)}")
    return [_parse_sequence(name, content[name], path) for name in wanted]


def _parse_sequence(name: str, fields: Any, path: pathlib.Path) -> Annotation:
    origin = f"{path}, sequence {check_name(name, path)!r}"
    try:
        polygons = [region_to_polygon(region) for region in fields["gt_rect"]]
        size = int(fields["width"]), int(fields["height"])
        tags = {tag: np.array(fields.get(tag) or [0] * len(polygons), dtype=bool) for tag in TAGS}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{origin}: cannot use its width, height, gt_rect and tags ({error!r})") from error
    if not polygons or min(size) <= 0 or max(size) > LONGEST_SIDE:
        raise DataError(
            f"{origin}: it has {len(polygons)} regions and images of {size[0]!r:.12} x {size[1]!r:.12} pixels"
        )
    for tag, values in tags.items():
        if values.shape != (len(polygons),):
            raise DataError(f"{origin}: {tag} has {values.size} values for {len(polygons)} regions")
    for index, polygon in enumerate(polygons):
        if not np.isfinite(polygon).all():
            raise DataError(f"{origin}: gt_rect[{index}] is not finite")
    return Annotation(name, polygons, size, tags)
