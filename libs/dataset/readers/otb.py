"""Reader of OTB (Wu et al., "Object Tracking Benchmark", PAMI 2015): `<seq>/img/*.jpg`, `<seq>/groundtruth_rect.txt`.

A folder with several targets has `groundtruth_rect.1.txt`, `groundtruth_rect.2.txt`: the sequences `Jogging-1`,
`Jogging-2`. The numbers of a box are separated by commas, tabs or blanks. Five sequences use only some of their images;
`data/otb_frames.csv` says which. OTB has no list file: all folders are read, unless there is a `list.txt`.
"""

import pathlib
import warnings

from libs.dataset.folders import check_folder, sequence_names, subfolders
from libs.dataset.gathering import gather
from libs.dataset.readers.fitting import fit_boxes, in_range, read_frame_ranges
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images
from libs.media.regions import read_boxes
from libs.utils.errors import DataError

STEM = "groundtruth_rect"


def load_otb(folder: pathlib.Path | str, strict: bool = False, first_pixel: int = 1) -> list[Sequence]:
    """Reads OTB.

    Args:
        folder: holds a folder for each sequence.
        strict: as for `gather`.
        first_pixel: the coordinate of the image's corner in the files.

    Raises:
        DataError: as `gather`.
    """
    folder = check_folder(folder, "a folder for each OTB sequence, with img/ and groundtruth_rect.txt")
    files = dict(entry for sequence in subfolders(folder) for entry in _truth_files(sequence))
    ranges = read_frame_ranges("otb_frames")

    def read(name: str) -> Sequence:
        if name not in files:
            raise DataError(f"{folder} has no ground truth of {name}, which list.txt names")
        return _load_sequence(name, files[name], ranges.get(name), first_pixel)

    return gather(sequence_names(folder, ["list.txt"], files), read, folder, strict)


def _truth_files(folder: pathlib.Path) -> list[tuple[str, pathlib.Path]]:
    """(sequence name, ground truth file) of the targets in one folder; an empty file is skipped."""
    found = []
    for path in sorted(folder.glob(f"{STEM}*.txt")):
        number = path.stem.removeprefix(STEM).lstrip(".")
        if not path.read_bytes().strip():
            warnings.warn(f"{path} is empty and left out", stacklevel=2)
        elif not number or number.isdecimal():
            found.append((f"{folder.name}-{number}" if number else folder.name, path))
    return found


def _load_sequence(name: str, path: pathlib.Path, frames: tuple[int, int] | None, first_pixel: int) -> Sequence:
    boxes = read_boxes(path, first_pixel)
    images = list_images(path.parent / "img")
    if frames is not None and len(images) != len(boxes):
        images = in_range(images, frames)
    return Sequence(name, images, fit_boxes(boxes, len(images), path))
