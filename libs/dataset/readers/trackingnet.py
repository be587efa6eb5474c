"""Reader of TrackingNet's test set (Mueller et al., ECCV 2018): `TEST/frames/<seq>/0.jpg`, `TEST/anno/<seq>.txt`.

The annotation is the first frame's box; only the evaluation server has the others.
"""

import pathlib

from libs.dataset.folders import check_folder, inner_folder, names_in_either, sequence_names
from libs.dataset.gathering import gather
from libs.dataset.readers.fitting import fit_boxes
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images
from libs.media.regions import read_boxes


def load_trackingnet(folder: pathlib.Path | str, strict: bool = False, first_pixel: int = 0) -> list[Sequence]:
    """Reads TrackingNet's test sequences; arguments and errors as for `load_otb`.

    Args:
        folder: `TEST`, or the folder that holds it.
        strict, first_pixel: as for `load_otb`.
    """
    folder = inner_folder(check_folder(folder, "TrackingNet's TEST, with frames/ and anno/"), ["TEST"])
    found = names_in_either(folder / "anno", folder / "frames")

    def read(name: str) -> Sequence:
        images, path = list_images(folder / "frames" / name), folder / "anno" / f"{name}.txt"
        return Sequence(name, images, fit_boxes(read_boxes(path, first_pixel), len(images), path))

    return gather(sequence_names(folder, ["list.txt"], found), read, folder, strict)
