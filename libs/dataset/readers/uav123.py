"""Reader of UAV123 (Mueller et al., ECCV 2016), UAV20L and UAV123@10fps.

`data_seq/UAV123/<video>/000001.jpg`, `anno/UAV123/<seq>.txt`. A video may hold several sequences (`bird1_1`, `bird1_2`,
... in `bird1`); `data/uav123_frames.csv` lists the images of each. Boxes are NaN where the target is out of view.
"""

import pathlib

from libs.dataset.folders import check_folder, inner_folder, sequence_names
from libs.dataset.gathering import gather
from libs.dataset.readers.fitting import fit_boxes, in_range, read_frame_ranges
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images
from libs.media.regions import read_boxes


def load_uav123(
    folder: pathlib.Path | str,
    strict: bool = False,
    first_pixel: int = 1,
    images: str = "UAV123",
    annotations: str = "UAV123",
    every: int = 1,
) -> list[Sequence]:
    """Reads UAV123 or a related dataset; the other arguments and errors as for `load_otb`.

    Args:
        folder: holds `data_seq` and `anno`, or a folder (`UAV123`, as the archive unpacks) that does.
        strict, first_pixel: as there.
        images: the folder in `data_seq`.
        annotations: the folder in `anno`.
        every: the dataset holds every so many-th image of UAV123, renumbered.
    """
    folder = check_folder(folder, "UAV123's data_seq/ and anno/")
    folder = folder if (folder / "anno").is_dir() else inner_folder(folder, [images])
    truths = folder / "anno" / annotations
    ranges = read_frame_ranges("uav123_frames")

    def read(name: str) -> Sequence:
        # The long sequences are whole videos with the same names.
        frames = ranges.get(name)
        video = name if frames is None else name.rpartition("_")[0]
        found = list_images(folder / "data_seq" / images / video)
        if frames is not None:
            found = in_range(found, ((frames[0] - 1) // every + 1, (frames[1] - 1) // every + 1))
        path = truths / f"{name}.txt"
        return Sequence(name, found, fit_boxes(read_boxes(path, first_pixel), len(found), path))

    names = sequence_names(folder, ["list.txt"], [path.stem for path in truths.glob("*.txt")])
    return gather(names, read, folder, strict)
