"""Readers of video object segmentation data: YouTube-VOS and DAVIS layouts."""

import dataclasses
import pathlib
from collections.abc import Iterable

import numpy as np
from tqdm import tqdm

from libs.dataset.folders import check_folder, inner_folder, subfolders
from libs.dataset.gathering import gather
from libs.dataset.names import check_name
from libs.dataset.object_boxes import folder_boxes
from libs.dataset.segmented import SegmentationDataset, SegmentedSequence, collect, objects_of
from libs.dataset.selection import Lines, choose
from libs.media.files import read_json
from libs.media.frame_lists import list_images
from libs.media.text import read_lines
from libs.media.void import VOID, is_void
from libs.utils.errors import DataError

Box = list[int]


def load_youtube_vos(
    folder: pathlib.Path | str,
    split: Lines | None = None,
    held_out: Lines | None = None,
    strict: bool = False,
    part: str = "train",
    images: str = "",
) -> SegmentationDataset:
    """Reads the index of YouTube-VOS 2018 or 2019, or of any folder with that layout.

    Args:
        folder: holds `JPEGImages/<sequence>/*.jpg`, `Annotations/<sequence>/*.png` and optionally `meta.json`, either
            directly or in its folder `part`. Images without a mask (sparse annotation) are kept as frames.
        split: list file (lines `sequence` or `sequence-object`) or list of lines; None takes all sequences.
        held_out: in the same form, what to leave out.
        strict: as for `gather`.
        part: the folder in `folder`, if it exists: 'train' or 'valid'.
        images: another folder next to `part` from which to take the images, such as 'valid_all_frames'.

    Returns:
        `SegmentationDataset`; only masks are read, and only those whose boxes are not cached.

    Raises:
        DataError: as `gather`; a folder or list is missing or malformed, or nothing is left.
    """
    outer = check_folder(folder, f"JPEGImages and Annotations, or {part}/ that holds them")
    root = inner_folder(outer, [part])
    names = _read_meta(root / "meta.json") if (root / "meta.json").is_file() else None
    few = root / "JPEGImages"
    layout = _Layout(root, outer / images / "JPEGImages", root / "Annotations", reported=few) if images else None
    return _load(layout or _Layout(root, few, root / "Annotations"), names, split, held_out, strict)


def load_davis(
    folder: pathlib.Path | str,
    year: int | None = None,
    subset: str | None = None,
    held_out: Lines | None = None,
    resolution: str = "480p",
    strict: bool = False,
) -> SegmentationDataset:
    """Reads the index of DAVIS 2016 or 2017, or of a dataset in its layout.

    Args:
        folder: holds `JPEGImages/<resolution>`, `Annotations/<resolution>` and `ImageSets`.
        year: 2016 merges all objects of a sequence, other years keep them apart; None: depends on the masks.
        subset: 'train' or 'val' in that year's `ImageSets`; None takes all sequences.
        held_out: list file or list of `sequence` or `sequence-object` to leave out.
        resolution: '480p' or 'Full-Resolution'.
        strict: as for `gather`.

    Returns, raises:
        as for `load_youtube_vos`.
    """
    root = check_folder(folder, "JPEGImages, Annotations and ImageSets")
    names = None if subset is None else _davis_names(root, year, subset)
    images, masks = (root / kind / check_name(resolution, "resolution") for kind in ("JPEGImages", "Annotations"))
    return _load(_Layout(root, images, masks, merged=year == 2016), names, None, held_out, strict)


@dataclasses.dataclass(frozen=True)
class _Layout:
    """Paths of the images and masks of each sequence, and whether all labels of a mask are one object.

    If the server takes masks of only some images, also the path of these."""

    root: pathlib.Path
    images: pathlib.Path
    masks: pathlib.Path
    merged: bool = False
    reported: pathlib.Path | None = None

    def read(self, name: str) -> SegmentedSequence:
        """The sequence with a name. Raises DataError when a folder is missing or a mask has no image."""
        images = list_images(self.images / name)
        numbers = {image.stem: index for index, image in enumerate(images)}
        folder = self.masks / name
        masks = {}
        for mask in list_images(folder):
            if mask.stem not in numbers:
                raise DataError(
                    f"mask {mask} has no image of its name in {self.images / name}; is the download complete?"
                )
            masks[numbers[mask.stem]] = mask
        reported = frozenset(image.stem for image in list_images(self.reported / name)) if self.reported else None
        return SegmentedSequence(name, tuple(images), masks, self.merged, reported=reported)


def _load(
    layout: _Layout, names: list[str] | None, split: Lines | None, held_out: Lines | None, strict: bool
) -> SegmentationDataset:
    for folder in (layout.images, layout.masks):
        if not folder.is_dir():
            raise DataError(
                f"{folder} is missing; {layout.root} should hold {layout.images.name} and {layout.masks.name}"
            )
    available = [entry.name for entry in subfolders(layout.images)] if names is None else names
    chosen = {name: (only, without) for name, only, without in choose(split, held_out, available, layout.root, strict)}
    progress = tqdm(chosen, desc=f"boxes of {layout.root.name}", unit="sequence", delay=2)

    def read(name: str) -> tuple[SegmentedSequence, list]:
        sequence, boxes = _with_boxes(layout.read(name), layout.masks / name)
        return sequence, objects_of(sequence, boxes, *chosen[name])

    return collect(str(layout.root), gather(progress, read, layout.root, strict))


def _with_boxes(
    sequence: SegmentedSequence, folder: pathlib.Path
) -> tuple[SegmentedSequence, dict[int, dict[int, Box]]]:
    """The sequence, knowing what 255 means in it, and frame index -> {id: [x, y, w, h]} of the annotated frames."""
    shown = folder_boxes(folder, [(sequence.images[index], mask) for index, mask in sequence.masks.items()])
    void = is_void([boxes.keys() for boxes in shown], f"the masks in {folder}")
    shown = [{1 if k == VOID else k: box for k, box in boxes.items() if k != VOID or not void} for boxes in shown]
    if sequence.merged:
        shown = [{1: _union(boxes.values())} if boxes else {} for boxes in shown]
    return dataclasses.replace(sequence, void=void), dict(zip(sequence.masks, shown, strict=True))


def _union(boxes: Iterable[Box]) -> Box:
    corners = np.array(list(boxes))
    low, high = corners[:, :2].min(axis=0), (corners[:, :2] + corners[:, 2:]).max(axis=0)
    return [*low, *(high - low)]


def _read_meta(path: pathlib.Path) -> list[str]:
    """The names of the sequences in a meta.json of YouTube-VOS."""
    content = read_json(path)
    videos = content.get("videos") if isinstance(content, dict) else None
    if not isinstance(videos, dict):
        raise DataError(f"{path} is not YouTube-VOS's meta.json, an object with 'videos', an object by sequence")
    return [check_name(name, path) for name in videos]


def _davis_names(root: pathlib.Path, year: int | None, subset: str) -> list[str]:
    """The sequences of a subset: a name a line (2017), or an image and its mask a line (2016's own download)."""
    years = (2016, 2017) if year is None else (year,)
    candidates = [root / "ImageSets" / str(number) / f"{subset}.txt" for number in reversed(years)]
    candidates += [root / "ImageSets" / "480p" / f"{subset}.txt"] if 2016 in years else []
    path = next((candidate for candidate in candidates if candidate.is_file()), candidates[0])
    names = [_davis_name(line) for line in read_lines(path, "a sequence a line") if line]
    if not names:
        raise DataError(f"{path} is empty: it should hold a sequence a line")
    return [check_name(name, path) for name in dict.fromkeys(names)]


def _davis_name(line: str) -> str:
    """`bear`, or `/JPEGImages/480p/bear/00000.jpg /Annotations/480p/bear/00000.png`; any other line as it is."""
    image = line.split()[0].split("/")
    return image[3] if line.startswith("/") and len(image) == 5 else line
