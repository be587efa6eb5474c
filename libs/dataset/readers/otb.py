"""Reader of OTB (Wu et al., "Object Tracking Benchmark", PAMI 2015): `<seq>/img/*.jpg`, `<seq>/groundtruth_rect.txt`.

A folder with several targets has `groundtruth_rect.1.txt`, `groundtruth_rect.2.txt`: the sequences `Jogging-1`,
`Jogging-2`. Boxes are 1-based, parted by commas, tabs or blanks. Five sequences use a part of their images; which is in
`data/otb_frames.csv`. OTB has no list file: all folders are read, unless there is a `list.txt`.
"""

import warnings

from libs.dataset.box_files import check_length, in_range, read_boxes, read_frame_ranges
from libs.dataset.folders import check_folder, sequence_names, subfolders
from libs.dataset.names import check_inside
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images
from libs.utils.errors import DataError

STEM = "groundtruth_rect"


def load_otb(folder):
    """Reads OTB.

    Args:
        folder: holds a folder for each sequence.

    Returns:
        list of `Sequence`.

    Raises:
        DataError: the folder, an image or a ground truth file is missing or malformed, or their numbers differ.
    """
    folder = check_folder(folder, "a folder for each OTB sequence, with img/ and groundtruth_rect.txt")
    files = dict(entry for sequence in subfolders(folder) for entry in _truth_files(sequence))
    ranges = read_frame_ranges("otb_frames")
    names = sequence_names(folder, ["list.txt"], files)
    missing = [name for name in names if name not in files]
    if missing:
        raise DataError(f"{folder} has no ground truth of {', '.join(missing)}, which list.txt names")
    return [_load_sequence(name, check_inside(files[name], folder), ranges.get(name)) for name in names]


def _truth_files(folder):
    """(sequence name, ground truth file) of the targets in one folder; an empty file is no target."""
    found = []
    for path in sorted(folder.glob(f"{STEM}*.txt")):
        number = path.stem.removeprefix(STEM).lstrip(".")
        if not path.read_bytes().strip():
            warnings.warn(f"{path} is empty and left out", stacklevel=2)
        elif not number or number.isdecimal():
            found.append((f"{folder.name}-{number}" if number else folder.name, path))
    return found


def _load_sequence(name, path, frames):
    boxes = read_boxes(path, one_based=True)
    images = list_images(path.parent / "img")
    if frames is not None and len(images) != len(boxes):
        images = in_range(images, frames)
    check_length(boxes, len(images), path)
    return Sequence(name, images, boxes)
