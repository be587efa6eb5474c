"""This project's annotations as a sequence of the toolkit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from vot import dataset, region

COLOUR = "color"
NOT_KNOWN = region.Special(dataset.Sequence.UNKNOWN)
"""The region of a target in a frame without an annotation."""


class MemorySequence(dataset.Sequence):
    """A sequence of T frames for the toolkit.

    Args:
        name: the sequence's name.
        objects: id of each object -> its T regions; ids that begin with '_' are not targets.
        size: (width, height) of the images.
        image: returns frame `index` as RGB uint8 (H, W, 3); None if the toolkit needs no images.
        tags: name -> (T,) bool.
        values: name -> (T,) numbers, such as 'anchor'.
        rate: frames a second; None if it is not known.
        has_masks: whether every target is annotated with masks.
    """

    def __init__(
        self,
        name: str,
        objects: Mapping[str, Sequence[region.Region | None]],
        size: tuple[int, int],
        image: Callable[[int], np.ndarray] | None = None,
        tags: Mapping[str, np.ndarray] | None = None,
        values: Mapping[str, np.ndarray] | None = None,
        rate: float | None = None,
        has_masks: bool = False,
    ) -> None:
        super().__init__(name)
        self._objects, self._size, self._image = dict(objects), size, image
        self.has_masks = has_masks
        self._tags, self._values, self._rate = dict(tags or {}), dict(values or {}), rate

    def __len__(self) -> int:
        return len(next(iter(self._objects.values())))

    def frame(self, index: int) -> dataset.Frame:
        """Frame `index`."""
        return dataset.Frame(self, index)

    # In the order of the results: dicts keep it, sets do not.
    def objects(self) -> Any:
        """The ids, in their order."""
        return [name for name in self._objects if not name.startswith("_")]

    def object(self, id: str, index: int | None = None) -> Any:
        """The region of an object in a frame, or those of all frames; None if there is no such object."""
        regions = self._objects.get(id)
        return regions if regions is None or index is None else regions[index]

    def groundtruth(self, index: int | None = None) -> Any:
        """As `object`, for the only one."""
        (name,) = self.objects()
        return self.object(name, index)

    def tags(self, index: int | None = None) -> list[str]:
        """All tags, or those that a frame has."""
        return [tag for tag, frames in self._tags.items() if index is None or frames[index]]

    def values(self, index: int | None = None) -> Any:
        """Names of all values, or name -> value of a frame."""
        return list(self._values) if index is None else {name: of[index] for name, of in self._values.items()}

    def metadata(self, name: str, default: Any = None) -> Any:
        """Metadata under one of the toolkit's names."""
        known: dict[str, Any] = {"fps": self._rate, "channel.default": COLOUR}
        found = known.get(name)
        return default if found is None else found

    def channels(self) -> set[str]:
        """Names of the kinds of images."""
        return set() if self._image is None else {COLOUR}

    def channel(self, channel: str | None = None) -> "dataset.Channel | None":
        """The images of a kind."""
        return None if self._image is None or channel not in (None, COLOUR) else _Images(self, self._image)

    @property
    def width(self) -> int:
        """Of the images, in pixels."""
        return self._size[0]

    @property
    def height(self) -> int:
        """Of the images, in pixels."""
        return self._size[1]


class _Images(dataset.Channel):
    """The images of a sequence; not files."""

    def __init__(self, sequence: MemorySequence, image: Callable[[int], np.ndarray]) -> None:
        super().__init__()
        self._sequence, self._image = sequence, image

    def __len__(self) -> int:
        return len(self._sequence)

    def frame(self, index: int) -> Any:
        return self._image(index)

    def filename(self, index: int) -> str:
        raise dataset.DatasetException(f"the images of {self._sequence.name} are no files")

    @property
    def size(self) -> Any:
        return self._sequence.size
