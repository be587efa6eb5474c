"""Reader of LaSOT (Fan et al., CVPR 2019) and of datasets in its layout: its extension, TNL2K, VastTrack.

`<class>/<seq>/img/*.jpg` (or `imgs/`), `groundtruth.txt`, and two files of flags: `full_occlusion.txt` and
`out_of_view.txt` hold a 1 for each frame in which the target cannot be seen; in such a frame, and in one whose box has
no area, the target counts as absent. `testing_set.txt` names the sequences; without it, all are read. The layout
without class folders is supported, too.
"""

import pathlib

from libs.dataset.folders import check_folder, inner_folder, sequence_names, subfolders
from libs.dataset.gathering import gather
from libs.dataset.readers.fitting import fit_boxes, hide
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images
from libs.media.regions import read_boxes
from libs.utils.errors import DataError

LISTS = ("testing_set.txt", "list.txt")
TRUTHS = ("groundtruth.txt", "Groundtruth.txt")
FLAGS = ("full_occlusion.txt", "out_of_view.txt")


def load_lasot(folder: pathlib.Path | str, strict: bool = False, first_pixel: int = 1) -> list[Sequence]:
    """Reads LaSOT's test sequences, or all in the folder; arguments and errors as for `load_otb`.

    Args:
        folder: holds the class folders, or the sequences themselves.
        strict, first_pixel: as for `load_otb`.
    """
    folder = check_folder(folder, "LaSOT's folders, such as airplane/airplane-1")
    outer = subfolders(folder)
    candidates = outer + [inner for entry in outer for inner in subfolders(entry)]
    found = {entry.name: entry for entry in candidates if _truth_file(entry)}

    def read(name: str) -> Sequence:
        if name not in found:
            raise DataError(f"{folder} has no sequence {name}, which its list names")
        return _load_sequence(found[name], first_pixel)

    return gather(sequence_names(folder, LISTS, found), read, folder, strict)


def _truth_file(folder: pathlib.Path) -> pathlib.Path | None:
    return next((folder / name for name in TRUTHS if (folder / name).is_file()), None)


def _load_sequence(folder: pathlib.Path, first_pixel: int) -> Sequence:
    images = list_images(inner_folder(folder, ["img", "imgs"]))
    path = _truth_file(folder)
    assert path is not None, "only folders that have one are found"
    boxes = fit_boxes(read_boxes(path, first_pixel), len(images), path)
    return Sequence(folder.name, images, hide(boxes, *[folder / name for name in FLAGS]))
