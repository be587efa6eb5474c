"""Reader of UAV123 (Mueller et al., ECCV 2016): `data_seq/UAV123/<video>/000001.jpg`, `anno/UAV123/<seq>.txt`.

A video may hold several sequences (`bird1_1`, `bird1_2`, ... in `bird1`); which images each has is in
`data/uav123_frames.csv`. Boxes are 1-based, and NaN where the target is out of view.
"""

from libs.dataset.box_files import check_length, in_range, read_boxes, read_frame_ranges
from libs.dataset.folders import check_folder, sequence_names
from libs.dataset.names import check_inside
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images


def load_uav123(folder):
    """Reads UAV123.

    Args:
        folder: holds `data_seq/UAV123` and `anno/UAV123`.

    Returns:
        list of `Sequence`.

    Raises:
        DataError: the folder, a video, an image or an annotation is missing or malformed, or their numbers differ.
    """
    folder = check_folder(folder, "UAV123's data_seq/ and anno/")
    annotations = folder / "anno" / "UAV123"
    names = sequence_names(folder, ["list.txt"], [path.stem for path in annotations.glob("*.txt")])
    ranges = read_frame_ranges("uav123_frames")
    return [_load_sequence(folder, name, ranges.get(name)) for name in names]


def _load_sequence(folder, name, frames):
    video = name if frames is None else name.rpartition("_")[0]
    images = list_images(check_inside(folder / "data_seq" / "UAV123" / video, folder))
    if frames is not None:
        images = in_range(images, frames)
    path = folder / "anno" / "UAV123" / f"{name}.txt"
    boxes = read_boxes(path, one_based=True)
    check_length(boxes, len(images), path)
    return Sequence(name, images, boxes)
