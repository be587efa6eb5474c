"""Indexed PNG: one label mask per frame, `00000.png`; 0 is background, every other value an object."""

import contextlib
import functools
import pathlib
from collections.abc import Iterator

import numpy as np

from libs.media.annotations.format import Add, Format
from libs.media.annotations.record import Entry, FrameRecord, ObjectRecord, Recording, Video
from libs.media.files import create_file
from libs.media.frame_lists import IMAGE_SUFFIXES, list_masks
from libs.media.masks import encode_mask, looks_like_mask, mask_values, read_mask
from libs.media.void import LAST_OBJECT, is_void, without_void
from libs.utils.errors import DataError


class IndexedPNG(Format):
    """A folder of label masks, named after their images or the number of the frame; or one such file."""

    name = "png"
    title = "folder of indexed PNG, one a frame, with each object's number at its pixels"

    def recognises(self, path: pathlib.Path) -> bool:
        """See Format.recognises: an image that looks like a mask, or a folder whose first image does."""
        file = path
        if path.is_dir():
            images = sorted(each for each in path.iterdir() if each.suffix.lower() in IMAGE_SUFFIXES)
            file = next((each for each in images if not each.name.startswith(".")), path)
        return file.is_file() and file.suffix.lower() in IMAGE_SUFFIXES and looks_like_mask(file)

    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """See Format.read; decides once, from all masks, what 255 means."""
        files = list_masks(path) if path.is_dir() else [path]
        return read_masks(files, path)

    @contextlib.contextmanager
    def write(self, path: pathlib.Path, video: Video) -> Iterator[Add]:
        """See Format.write."""
        path.mkdir()
        yield functools.partial(write_labels, path, video)


def read_masks(files: list[pathlib.Path], origin: pathlib.Path) -> Recording:
    """The objects of label masks. Raises DataError as `read_mask` and `is_void` do."""
    first = read_mask(files[0])
    shown = [mask_values(first), *(mask_values(read_mask(file)) for file in files[1:])]
    void = is_void(shown, f"masks of {origin}")
    single = len(files) == 1 and files[0] == origin
    entries = [
        Entry(0 if single else None, "" if single else file.stem, functools.partial(_objects, file, void))
        for file in files
    ]
    return Recording(str(origin), entries, Video(size=first.shape[:2]))


def write_labels(folder: pathlib.Path, video: Video, frame: FrameRecord) -> None:
    """Write a frame's label mask into a folder, named after its image or its number.

    Raises:
        DataError: an object has a place but no mask, or a number that no label mask holds.
    """
    labels = label_mask(frame, video)
    name = pathlib.PurePath(video.file(frame.index)).stem
    create_file(folder / f"{name}.png", encode_mask(labels))


def label_mask(frame: FrameRecord, video: Video) -> np.ndarray:
    """(H, W) uint8 label mask of a frame, later objects in front. Raises as `write_labels`."""
    labels = np.zeros(frame.size(video, "an empty label mask"), dtype=np.uint8)
    for each in frame.objects:
        if not 1 <= each.number <= LAST_OBJECT:
            raise DataError(f"object {each.number}: a label mask holds the numbers 1 to {LAST_OBJECT}")
        if each.mask is not None:
            labels[each.mask] = each.number
        elif each.extent is not None:
            raise DataError(
                f"frame {frame.index}, object {each.number} has a box and no mask, which is all that a label mask "
                "holds; choose a format that holds boxes, such as csv, mot or coco"
            )
    return labels


def _objects(file: pathlib.Path, void: bool) -> list[ObjectRecord]:
    labels = without_void(read_mask(file), void)
    return [ObjectRecord(number, mask=labels == number) for number in sorted(mask_values(labels))]
