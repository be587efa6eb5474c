"""Reader of NFS at 30 frames per second (Kiani Galoogahi et al., "Need for Speed", ICCV 2017), in two layouts.

As published: `<seq>/30/<seq>/00001.jpg` and `<seq>/30/<seq>.txt`, whose lines are those of the annotation tool VATIC
(track, xmin, ymin, xmax, ymax, frame, lost, occluded, generated, "label"), sometimes one for each of the 240 frames a
second, so that every eighth counts, and sometimes one too many or too few. As pytracking's users have it:
`sequences/<seq>/00001.jpg` and `anno/<seq>.txt` with x, y, w, h. A target that is lost (out of the view) is absent.
"""

import numpy as np

from libs.dataset.box_files import check_length, mark_absent, read_boxes, read_table
from libs.dataset.folders import check_folder, sequence_names, subfolders
from libs.dataset.names import check_inside
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images

RATE_RATIO = 8
VATIC_COLUMNS = 9
LOST = 6


def load_nfs(folder):
    """Reads NFS's sequences at 30 frames per second.

    Args:
        folder: holds the sequences, or `sequences` and `anno`.

    Returns:
        list of `Sequence`.

    Raises:
        DataError: the folder, an image or an annotation is missing or malformed, or their numbers do not fit.
    """
    folder = check_folder(folder, "NFS's folders, such as airboard_1/30, or sequences/ and anno/")
    converted = (folder / "anno").is_dir()
    found = subfolders(folder / "sequences") if converted else [s for s in subfolders(folder) if (s / "30").is_dir()]
    names = sequence_names(folder, ["list.txt"], [sequence.name for sequence in found])
    return [(_load_converted if converted else _load_published)(folder, name) for name in names]


def _load_converted(folder, name):
    images = list_images(check_inside(folder / "sequences" / name, folder))
    return _fit(name, images, read_boxes, folder / "anno" / f"{name}.txt")


def _load_published(folder, name):
    folder = check_inside(folder / name, folder) / "30"
    return _fit(name, list_images(folder / name), _read_vatic, folder / f"{name}.txt")


def _read_vatic(path):
    rows = read_table(path, VATIC_COLUMNS)
    boxes = np.concatenate([rows[:, 1:3], rows[:, 3:5] - rows[:, 1:3]], axis=1)
    boxes[rows[:, LOST] > 0] = np.nan
    return mark_absent(boxes)


def _fit(name, images, read, path):
    boxes = read(path)
    thinned = boxes[::RATE_RATIO]
    if len(boxes) > len(images) + 1 and abs(len(thinned) - len(images)) <= 1:
        boxes = thinned
    if abs(len(boxes) - len(images)) == 1:
        count = min(len(boxes), len(images))
        boxes, images = boxes[:count], images[:count]
    check_length(boxes, len(images), path)
    return Sequence(name, images, boxes)
