"""Reader of Temple-Color 128 (Liang et al., TIP 2015): `<seq>/img/0001.jpg`, `<seq>/<seq>_gt.txt`.

`<seq>/<seq>_frames.txt` holds the numbers of the sequence's first and last image.
"""

import pathlib

from libs.dataset.folders import check_folder, sequence_names, subfolders
from libs.dataset.gathering import gather
from libs.dataset.readers.fitting import fit_boxes, in_range, read_flags
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images
from libs.media.regions import read_boxes


def load_tc128(folder: pathlib.Path | str, strict: bool = False, first_pixel: int = 1) -> list[Sequence]:
    """Reads Temple-Color 128; arguments and errors as for `load_otb`."""
    folder = check_folder(folder, "a folder for each Temple-Color sequence, with img/ and <seq>_gt.txt")
    found = [entry.name for entry in subfolders(folder) if (entry / f"{entry.name}_gt.txt").is_file()]

    def read(name: str) -> Sequence:
        inner = folder / name
        images, frames = list_images(inner / "img"), inner / f"{name}_frames.txt"
        if frames.is_file():
            first, last = read_flags(frames, 2)
            images = in_range(images, (int(first), int(last)))
        path = inner / f"{name}_gt.txt"
        return Sequence(name, images, fit_boxes(read_boxes(path, first_pixel), len(images), path))

    return gather(sequence_names(folder, ["list.txt"], found), read, folder, strict)
