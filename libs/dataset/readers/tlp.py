"""Reader of TLP (Moudgil and Gandhi, "Long-Term Visual Object Tracking Benchmark", ACCV 2018).

`<seq>/img/00001.jpg`, `<seq>/groundtruth_rect.txt` with frame, x, y, w, h, lost a line; a lost target is absent.
"""

import pathlib

import numpy as np

from libs.dataset.folders import check_folder, sequence_names, subfolders
from libs.dataset.gathering import gather
from libs.dataset.readers.fitting import fit_boxes
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images
from libs.media.regions import mark_absent, read_rows

TRUTH = "groundtruth_rect.txt"
COLUMNS = 6
LOST = 5


def load_tlp(folder: pathlib.Path | str, strict: bool = False, first_pixel: int = 0) -> list[Sequence]:
    """Reads TLP; arguments and errors as for `load_otb`."""
    folder = check_folder(folder, f"a folder for each TLP sequence, with img/ and {TRUTH}")
    found = [sequence.name for sequence in subfolders(folder) if (sequence / TRUTH).is_file()]

    def read(name: str) -> Sequence:
        inner = folder / name
        images = list_images(inner / "img")
        rows = np.array(read_rows(inner / TRUTH, [COLUMNS]))
        boxes = rows[:, 1:5].copy()
        boxes[:, :2] -= first_pixel
        boxes[rows[:, LOST] > 0] = np.nan
        return Sequence(name, images, fit_boxes(mark_absent(boxes), len(images), inner / TRUTH))

    return gather(sequence_names(folder, ["list.txt"], found), read, folder, strict)
