"""Reader of AVisT (Noman et al., BMVC 2022): `sequences/<seq>/*.jpg`, `anno/<seq>.txt`, and two folders of flags.

`full_occlusion/<seq>_full_occlusion.txt` and `out_of_view/<seq>_out_of_view.txt` hold a 1 for each frame in which the
target cannot be seen.
"""

import pathlib

from libs.dataset.folders import check_folder, names_in_either, sequence_names
from libs.dataset.gathering import gather
from libs.dataset.readers.fitting import fit_boxes, hide
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images
from libs.media.regions import read_boxes


def load_avist(folder: pathlib.Path | str, strict: bool = False, first_pixel: int = 0) -> list[Sequence]:
    """Reads AVisT; arguments and errors as for `load_otb`."""
    folder = check_folder(folder, "AVisT's sequences/ and anno/")
    found = names_in_either(folder / "anno", folder / "sequences")

    def read(name: str) -> Sequence:
        images, path = list_images(folder / "sequences" / name), folder / "anno" / f"{name}.txt"
        boxes = fit_boxes(read_boxes(path, first_pixel), len(images), path)
        flags = [folder / kind / f"{name}_{kind}.txt" for kind in ("full_occlusion", "out_of_view")]
        return Sequence(name, images, hide(boxes, *flags))

    return gather(sequence_names(folder, ["list.txt"], found), read, folder, strict)
