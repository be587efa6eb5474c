"""Datasets that are rendered on demand and need no files."""

import pathlib
from typing import TYPE_CHECKING

from libs.dataset.entry import SEGMENT, TRACK, Dataset

if TYPE_CHECKING:
    from libs.dataset.sequence import Sequence


class MiniSet(Dataset):
    """Ten short sequences with one difficulty each, with exact polygons and masks."""

    name, protocol, uses = "mini", "vot", (TRACK, SEGMENT)

    def sequences(self, folder: pathlib.Path | None = None, strict: bool = False) -> "list[Sequence]":
        """The sequences; the folder does not matter."""
        from libs.dataset.rendered.sequences import mini_set

        return mini_set()


class MiniObjects(Dataset):
    """Videos of several objects, with exact masks."""

    name, protocol, uses = "mini_objects", "vos", (TRACK, SEGMENT)

    def sequences(self, folder: pathlib.Path | None = None, strict: bool = False) -> "list[Sequence]":
        """The objects as sequences; the folder does not matter."""
        from libs.dataset.rendered.videos import mini_objects

        return mini_objects()
