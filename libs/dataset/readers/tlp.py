"""Reader of TLP (Moudgil and Gandhi, "Long-Term Visual Object Tracking Benchmark", ACCV 2018).

`<seq>/img/00001.jpg`, `<seq>/groundtruth_rect.txt` with frame, x, y, w, h, lost a line; a lost target is absent. Boxes
are taken as they stand.
"""

import numpy as np

from libs.dataset.box_files import check_length, mark_absent, read_table
from libs.dataset.folders import check_folder, sequence_names, subfolders
from libs.dataset.names import check_inside
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images

TRUTH = "groundtruth_rect.txt"


def load_tlp(folder):
    """Reads TLP.

    Args:
        folder: holds a folder for each sequence.

    Returns:
        list of `Sequence`.

    Raises:
        DataError: the folder, an image or a ground truth file is missing or malformed, or their numbers differ.
    """
    folder = check_folder(folder, f"a folder for each TLP sequence, with img/ and {TRUTH}")
    found = [sequence.name for sequence in subfolders(folder) if (sequence / TRUTH).is_file()]
    names = sequence_names(folder, ["list.txt"], found)
    return [_load_sequence(check_inside(folder / name, folder)) for name in names]


def _load_sequence(folder):
    images = list_images(folder / "img")
    rows = read_table(folder / TRUTH, 6)
    check_length(rows, len(images), folder / TRUTH)
    boxes = rows[:, 1:5].copy()
    boxes[rows[:, 5] > 0] = np.nan
    return Sequence(folder.name, images, mark_absent(boxes))
