"""What the registry knows of a dataset; a class that says so is all that a new dataset takes."""

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
    """A dataset that has a name. A subclass sets the attributes; of the readers, it has those for its `uses`.

    Attributes:
        name: as it is given to commands.
        aliases: other names by which it is found, those of pytracking.
        holds: what its folder holds, for messages and `local.py`; empty for one that needs no folder.
        path: name of its folder's setting, without '_path'; empty: as the dataset.
        uses: of `TRACK` (it has boxes), `SEGMENT` (it has masks) and `TRAIN`.
        protocol: by which it is judged: 'ope' (boxes), 'vos' (masks) or 'vot' (resets).
        count: how many sequences (videos, where it has masks) it has, as published; None where that is not checked.
        prefix: put before its sequences' names, because results of all datasets share one folder.
        convention: how its files count pixels and its toolkit frames.
        reader: 'module:function', imported when it is asked for; see `sequences` and `objects`. A class that overrides
            these needs none.
        options: further arguments of `reader`.
        parts: arguments of `reader` by which the published training and validation parts are chosen, if it has them;
            in one that has none, some videos are held out.
        stills: whether it is made of single images, which training sets in motion.
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
        """The sequences to track. Here: `reader(folder, strict=, first_pixel=, **options)` gives them.

        Args:
            folder: the dataset's; None for one that needs none.
            strict: make an error of what is missing or damaged, in place of a warning.

        Raises:
            DataError: the folder holds nothing of this dataset.
        """
        return self._read(folder, strict=strict, first_pixel=self.convention.first_pixel, **self.options)

    def _read(self, folder: pathlib.Path | None, **arguments: Any) -> Any:
        return find_object(self.reader, f"reader of {self.name}")(folder, **arguments)


class SegmentationData(Dataset):
    """A dataset with masks: `objects` gives what is segmented, and its sequences are those objects."""

    uses = (TRACK, SEGMENT)
    protocol = "vos"

    def sequences(self, folder: pathlib.Path | None, strict: bool = False) -> "list[Sequence]":
        """The objects as sequences, of which each begins where its object is first shown; see `Dataset.sequences`."""
        from libs.dataset.object_sequences import object_sequences

        return object_sequences(self.objects(folder, strict=strict))

    def objects(self, folder: pathlib.Path | None, strict: bool = False, **chosen: Any) -> "SegmentationDataset":
        """The objects and their videos. Here: `reader(folder, strict=, **options, **chosen)` gives them.

        Args:
            folder, strict: as for `sequences`.
            chosen: one of `parts`; or `split` and `held_out`, as for
                `libs.dataset.readers.video_segmentation.load_youtube_vos`.
        """
        return self._read(folder, strict=strict, **{**self.options, **chosen})
