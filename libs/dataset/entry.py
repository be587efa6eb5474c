"""What the registry knows about a dataset; adding a dataset takes one such class."""

import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from libs.dataset.convention import ZERO_BASED, Convention
from libs.utils.references import find_object

if TYPE_CHECKING:
    from libs.dataset.segmented import SegmentationDataset
    from libs.dataset.sequence import Sequence

TRACK, SEGMENT, TRAIN = "track", "segment", "train"


class Dataset:
    """A named dataset. A subclass sets the attributes, and implements the readers that its `uses` need.

    Attributes:
        name: the name that commands take.
        aliases: other names for it, such as pytracking's.
        holds: what its folder holds, for messages and `local.py`; empty if it needs no folder.
        path: name of its folder's setting, without '_path'; empty for the dataset's own name.
        uses: any of `TRACK` (it has boxes), `SEGMENT` (it has masks) and `TRAIN`.
        protocol: how it is evaluated: 'ope' (boxes), 'vos' (masks) or 'vot' (resets).
        count: published number of sequences (of videos, if it has masks); None to skip this check.
        prefix: put before its sequences' names, because results of all datasets share one folder.
        convention: how its files count pixels, and how its toolkit counts frames.
        reader: 'module:function', imported on first use; see `sequences` and `objects`. Not needed by a class that
            overrides these.
        options: further arguments of `reader`.
        parts: arguments of `reader` that select the published training and validation parts; None if there are none,
            in which case some videos are held out.
        stills: whether it consists of single images, which training sets in motion.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    holds: ClassVar[str] = ""
    path: ClassVar[str] = ""
    uses: ClassVar[tuple[str, ...]] = (TRACK,)
    protocol: ClassVar[str] = "ope"
    count: ClassVar[int | None] = None
    prefix: ClassVar[str] = ""
    convention: ClassVar[Convention] = ZERO_BASED
    reader: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    parts: ClassVar[tuple[Mapping[str, Any], Mapping[str, Any]] | None] = None
    stills: ClassVar[bool] = False

    @property
    def setting(self) -> str:
        """Name of the folder's setting: 'otb' is set by DMB_OTB_PATH, or by `otb_path` in `local.py`."""
        return self.path or self.name

    def sequences(self, folder: pathlib.Path | None, strict: bool = False) -> "list[Sequence]":
        """The sequences to track; by default from `reader(folder, strict=, first_pixel=, **options)`.

        Args:
            folder: the dataset's; None for one that needs none.
            strict: raise an error for what is missing or damaged, instead of a warning.

        Raises:
            DataError: the folder holds nothing of this dataset.
        """
        return self._read(folder, strict=strict, first_pixel=self.convention.first_pixel, **self.options)

    def _read(self, folder: pathlib.Path | None, **arguments: Any) -> Any:
        return find_object(self.reader, f"reader of {self.name}")(folder, **arguments)


class SegmentationData(Dataset):
    """A dataset with masks: `objects` returns the segmented objects, and its sequences are those objects."""

    uses = (TRACK, SEGMENT)
    protocol = "vos"

    def sequences(self, folder: pathlib.Path | None, strict: bool = False) -> "list[Sequence]":
        """The objects as sequences, each starting where its object first appears; see `Dataset.sequences`."""
        from libs.dataset.object_sequences import object_sequences

        return object_sequences(self.objects(folder, strict=strict))

    def objects(self, folder: pathlib.Path | None, strict: bool = False, **chosen: Any) -> "SegmentationDataset":
        """The objects and their videos; by default from `reader(folder, strict=, **options, **chosen)`.

        Args:
            folder, strict: as for `sequences`.
            chosen: one of `parts`; or `split` and `held_out`, as for
                `libs.dataset.readers.video_segmentation.load_youtube_vos`.
        """
        return self._read(folder, strict=strict, **{**self.options, **chosen})
