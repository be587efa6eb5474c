"""Reader of GOT-10k (Huang et al., PAMI 2019): `<split>/list.txt`, `<split>/<seq>/{00000001.jpg, groundtruth.txt}`.

`absence.label` (1: absent) and `cover.label` (0: nothing visible) mark frames without a target; `cut_by_image.label`
becomes the tag `cut_by_image`. The test split has the first frame's box only and no labels.
"""

import numpy as np

from libs.dataset.box_files import pad_unannotated, read_boxes, read_flags
from libs.dataset.folders import check_folder, inner_folder, sequence_names, subfolders
from libs.dataset.names import check_inside
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images


def load_got10k(folder, split):
    """Reads a split of GOT-10k.

    Args:
        folder: holds the folder of the split, perhaps inside `full_data`, or is that folder.
        split: 'val', 'test' or 'train'.

    Returns:
        list of `Sequence`.

    Raises:
        DataError: the folder, a listed sequence, an image or a file is missing or malformed, or their numbers differ.
    """
    folder = check_folder(folder, f"GOT-10k's {split}/, with list.txt and a folder for each sequence")
    folder = inner_folder(folder, [split, f"full_data/{split}"])
    names = sequence_names(folder, ["list.txt"], [entry.name for entry in subfolders(folder)])
    return [_load_sequence(check_inside(folder / name, folder)) for name in names]


def _load_sequence(folder):
    images = list_images(folder)
    path = folder / "groundtruth.txt"
    boxes = pad_unannotated(read_boxes(path), len(images), path)
    absence, cover = (_read_label(folder, label, len(images)) for label in ("absence", "cover"))
    if absence is not None:
        boxes[absence > 0] = np.nan
    if cover is not None:
        boxes[cover == 0] = np.nan
    cut = _read_label(folder, "cut_by_image", len(images))
    return Sequence(folder.name, images, boxes, tags={} if cut is None else {"cut_by_image": cut > 0})


def _read_label(folder, name, length):
    path = folder / f"{name}.label"
    return read_flags(path, length) if path.is_file() else None
