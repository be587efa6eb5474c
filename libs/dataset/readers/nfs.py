"""Reader of NFS at 30 frames per second (Kiani Galoogahi et al., "Need for Speed", ICCV 2017), in two layouts.

The published layout has `<seq>/30/<seq>/00001.jpg` and `<seq>/30/<seq>.txt`. Its lines are those of the annotation tool
VATIC (track, xmin, ymin, xmax, ymax, frame, lost, occluded, generated, "label"): sometimes one for each of the 240
frames a second, of which every eighth counts, and sometimes one too many or too few. pytracking's users have
`sequences/<seq>/00001.jpg` and `anno/<seq>.txt` or `anno/nfs_<seq>.txt` with x, y, w, h. A lost target (out of view)
counts as absent.
"""

import pathlib
from collections.abc import Callable

import numpy as np

from libs.dataset.folders import check_folder, sequence_names, subfolders
from libs.dataset.gathering import gather
from libs.dataset.readers.fitting import fit_boxes
from libs.dataset.sequence import Sequence
from libs.media.frame_lists import list_images
from libs.media.regions import mark_absent, read_boxes, read_rows

RATE_RATIO = 8
VATIC_COLUMNS = (9, 10)
LOST = 6


def load_nfs(folder: pathlib.Path | str, strict: bool = False, first_pixel: int = 1) -> list[Sequence]:
    """Reads NFS's sequences at 30 frames per second; arguments and errors as for `load_otb`.

    Args:
        folder: holds the sequences, or `sequences` and `anno`.
        strict, first_pixel: as for `load_otb`.
    """
    folder = check_folder(folder, "NFS's folders, such as airboard_1/30, or sequences/ and anno/")
    converted = (folder / "anno").is_dir()
    found = subfolders(folder / "sequences") if converted else [s for s in subfolders(folder) if (s / "30").is_dir()]
    names = sequence_names(folder, ["list.txt"], [sequence.name for sequence in found])
    load = _load_converted if converted else _load_published
    return gather(names, lambda name: load(folder, name, first_pixel), folder, strict)


def _load_converted(folder: pathlib.Path, name: str, first_pixel: int) -> Sequence:
    images = list_images(folder / "sequences" / name)
    prefixed, plain = folder / "anno" / f"nfs_{name}.txt", folder / "anno" / f"{name}.txt"
    return _fit(name, images, read_boxes, prefixed if prefixed.is_file() else plain, first_pixel)


def _load_published(folder: pathlib.Path, name: str, first_pixel: int) -> Sequence:
    folder = folder / name / "30"
    return _fit(name, list_images(folder / name), _read_vatic, folder / f"{name}.txt", first_pixel)


def _read_vatic(path: pathlib.Path, first_pixel: int) -> np.ndarray:
    rows = np.array([row[: VATIC_COLUMNS[0]] for row in read_rows(path, VATIC_COLUMNS)])
    boxes = np.concatenate([rows[:, 1:3] - first_pixel, rows[:, 3:5] - rows[:, 1:3]], axis=1)
    boxes[rows[:, LOST] > 0] = np.nan
    return mark_absent(boxes)


def _fit(
    name: str,
    images: list[pathlib.Path],
    read: Callable[[pathlib.Path, int], np.ndarray],
    path: pathlib.Path,
    first_pixel: int,
) -> Sequence:
    boxes = read(path, first_pixel)
    thinned = boxes[::RATE_RATIO]
    if len(boxes) > len(images) + 1 and abs(len(thinned) - len(images)) <= 1:
        boxes = thinned
    if len(boxes) > 1 and abs(len(boxes) - len(images)) == 1:
        count = min(len(boxes), len(images))
        boxes, images = boxes[:count], images[:count]
    return Sequence(name, images, fit_boxes(boxes, len(images), path))
