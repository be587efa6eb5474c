"""Reader of GOT-10k (Huang et al., PAMI 2019): `<split>/list.txt`, `<split>/<seq>/{00000001.jpg, groundtruth.txt}`.

`absence.label` (1: absent) and `cover.label` (0: nothing visible) mark frames without a target; `cut_by_image.label`
becomes the tag `cut_by_image`. The test split has only the first frame's box and no labels.
"""

import pathlib

import numpy as np

from libs.dataset.folders import check_folder, inner_folder, sequence_names, subfolders
from libs.dataset.gathering import gather
from libs.dataset.readers.fitting import fit_boxes, hide, read_flags
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images
from libs.media.regions import read_boxes


def load_got10k(
    folder: pathlib.Path | str, strict: bool = False, first_pixel: int = 0, split: str = "val"
) -> list[Sequence]:
    """Reads a split of GOT-10k; the other arguments and errors as for `load_otb`.

    Args:
        folder: the folder of the split, or one that holds it, possibly inside `full_data`.
        strict, first_pixel: as for `load_otb`.
        split: 'val', 'test' or 'train'.
    """
    folder = check_folder(folder, f"GOT-10k's {split}/, with list.txt and a folder for each sequence")
    folder = inner_folder(folder, [split, f"full_data/{split}"])
    names = sequence_names(folder, ["list.txt"], [entry.name for entry in subfolders(folder)])
    return gather(names, lambda name: _load_sequence(folder / name, first_pixel), folder, strict)


def _load_sequence(folder: pathlib.Path, first_pixel: int) -> Sequence:
    images = list_images(folder)
    path = folder / "groundtruth.txt"
    boxes = hide(fit_boxes(read_boxes(path, first_pixel), len(images), path), folder / "absence.label")
    cover, cut = folder / "cover.label", folder / "cut_by_image.label"
    if cover.is_file():
        boxes[read_flags(cover, len(images)) == 0] = np.nan
    tags = {"cut_by_image": read_flags(cut, len(images)) > 0} if cut.is_file() else {}
    return Sequence(folder.name, images, boxes, tags=tags)
