"""Reader of LaSOT (Fan et al., CVPR 2019): `<class>/<seq>/img/*.jpg`, `groundtruth.txt`, and two files of flags.

`full_occlusion.txt` and `out_of_view.txt` hold a 1 for each frame in which the target cannot be seen; such a frame, and
one whose box has no area, counts as absent. Which sequences: those of `testing_set.txt` where the folder holds it, else
all there are. The layout without class folders is read too. Boxes are taken as they stand.
"""

import numpy as np

from libs.dataset.box_files import check_length, read_boxes, read_flags
from libs.dataset.folders import check_folder, sequence_names, subfolders
from libs.dataset.names import check_inside
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images
from libs.utils.errors import DataError

LISTS = ("testing_set.txt", "list.txt")


def load_lasot(folder):
    """Reads LaSOT's test sequences, or all in the folder.

    Args:
        folder: holds the class folders, or the sequences themselves.

    Returns:
        list of `Sequence`.

    Raises:
        DataError: the folder, a listed sequence, an image or a file is missing or malformed, or their numbers differ.
    """
    folder = check_folder(folder, "LaSOT's folders, such as airplane/airplane-1")
    outer = subfolders(folder)
    candidates = outer + [inner for entry in outer for inner in subfolders(entry)]
    found = {entry.name: entry for entry in candidates if (entry / "groundtruth.txt").is_file()}
    names = sequence_names(folder, LISTS, found)
    missing = [name for name in names if name not in found]
    if missing:
        raise DataError(
            f"{folder} lacks {len(missing)} sequences of its list ({missing[0]}); is the download complete?"
        )
    return [_load_sequence(check_inside(found[name], folder)) for name in names]


def _load_sequence(folder):
    images = list_images(folder / "img")
    boxes = read_boxes(folder / "groundtruth.txt")
    check_length(boxes, len(images), folder / "groundtruth.txt")
    for flag in ("full_occlusion", "out_of_view"):
        path = folder / f"{flag}.txt"
        if path.is_file():
            boxes[read_flags(path, len(images)) > 0] = np.nan
    return Sequence(folder.name, images, boxes)
