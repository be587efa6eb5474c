"""Reader of TrackingNet's test set (Mueller et al., ECCV 2018): `TEST/frames/<seq>/0.jpg`, `TEST/anno/<seq>.txt`.

The annotation is the first frame's box; the rest is known to the evaluation server only. The sequences are those that
have an annotation file.
"""

from libs.dataset.box_files import pad_unannotated, read_boxes
from libs.dataset.folders import check_folder, inner_folder, sequence_names
from libs.dataset.names import check_inside
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images


def load_trackingnet(folder):
    """Reads TrackingNet's test sequences.

    Args:
        folder: holds `TEST`, or is it.

    Returns:
        list of `Sequence`.

    Raises:
        DataError: the folder, an image or an annotation is missing or malformed.
    """
    folder = inner_folder(check_folder(folder, "TrackingNet's TEST, with frames/ and anno/"), ["TEST"])
    names = sequence_names(folder, ["list.txt"], [path.stem for path in (folder / "anno").glob("*.txt")])
    return [_load_sequence(folder, name) for name in names]


def _load_sequence(folder, name):
    images = list_images(check_inside(folder / "frames" / name, folder))
    path = folder / "anno" / f"{name}.txt"
    return Sequence(name, images, pad_unannotated(read_boxes(path), len(images), path))
