"""Reader of the VOT layout: `list.txt`, `<seq>/groundtruth.txt`, images in `<seq>/color` or beside the ground truth."""

import pathlib

import numpy as np

from libs.dataset.names import check_inside, check_name, read_lines, read_names
from libs.dataset.sequence import TAGS, Sequence
from libs.media.frame_lists import list_images
from libs.utils.errors import DataError
from libs.utils.polygons import check_polygon, polygon_area, region_to_polygon


def load_vot(folder, names=None):
    """Reads the sequences of a VOT folder; of the images only each first one, to fail early.

    Args:
        folder: the folder that holds `list.txt` and one folder a sequence.
        names: the sequences to read, in this order; None reads those of `list.txt`.

    Returns:
        list of `Sequence`.

    Raises:
        DataError: the folder, `list.txt`, a sequence, an image or a tag value is missing or malformed, a name is
            unknown or leads out of the folder, images and ground truth differ in number, or the first region is
            outside the image.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise DataError(
            f"{folder} is not a folder; a VOT dataset is a folder with list.txt and a folder for each sequence"
        )
    listed = read_names(folder / "list.txt")
    if names is None:
        names = listed
    unknown = [name for name in names if name not in listed]
    if unknown:
        raise DataError(f"{folder / 'list.txt'} has no sequence {', '.join(unknown)}; it has {', '.join(listed)}")
    return [load_vot_sequence(check_inside(folder / name, folder)) for name in names]


def load_vot_sequence(folder):
    """Reads one sequence folder of the VOT layout, with its first image. Returns a `Sequence`; raises as `load_vot`."""
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder} is missing: list.txt names this sequence")
    regions = read_groundtruth(folder / "groundtruth.txt")
    frames = list_images(_image_folder(folder))
    if len(frames) != len(regions):
        raise DataError(
            f"{folder}: {len(frames)} images in {frames[0].parent} but {len(regions)} regions in groundtruth.txt; "
            "is the download complete?"
        )
    tags = {tag: _read_tag(folder / f"{tag}.tag", len(frames)) for tag in TAGS}
    masks = list_images(folder / "masks") if (folder / "masks").is_dir() else None
    sequence = Sequence(folder.name, frames, regions, masks, tags)
    try:
        check_polygon(sequence.polygons[0], sequence.image_size[::-1])
    except DataError as error:
        raise DataError(f"{folder / 'groundtruth.txt'}, line 1: {error}") from error
    return sequence


def read_groundtruth(path):
    """Reads a ground truth file: a line of 4 (x, y, w, h) or 8 (polygon) numbers a frame, as written by VOT and OTB.

    The numbers may be parted by commas, tabs, blanks or semicolons; blank lines at the end are ignored.

    Returns:
        list of (4,) or (8,) float64 arrays, the numbers as they stand.

    Raises:
        DataError: the file is missing or empty, or a line (named) is malformed, not finite or of no area.
    """
    lines = read_lines(path, "the target's region in every frame, one line a frame")
    if not lines:
        raise DataError(f"{path} is empty: it should hold the target's region in every frame, one line a frame")
    return [parse_region(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1)]


def parse_region(line, origin):
    """The (4,) or (8,) float64 numbers of a ground truth line; `origin`, file and line, begins an error's message."""
    fields = line.replace(",", " ").replace(";", " ").split()
    try:
        region = np.array([float(field) for field in fields])
    except ValueError:
        region = np.empty(0)
    if region.size not in (4, 8):
        raise DataError(f"{origin}: a region is 4 numbers (x, y, w, h) or 8 (corners of a polygon), not {line[:80]!r}")
    if not np.isfinite(region).all():
        raise DataError(f"{origin}: the region has a number that is not finite: {line[:80]!r}")
    has_area = (region[2:] > 0).all() if region.size == 4 else polygon_area(region_to_polygon(region)) > 0
    if not has_area:
        raise DataError(f"{origin}: the region has no area: {line[:80]!r}")
    return region


def _image_folder(folder):
    """Where the images are: as the `sequence` file says, else `color/`, else the sequence's folder itself."""
    if (folder / "sequence").is_file():
        for number, line in enumerate(read_lines(folder / "sequence", "lines of key=value"), start=1):
            key, _, value = line.partition("=")
            if key.strip() == "channels.color" and value.strip():
                return _channel_folder(folder, value.strip(), f"{folder / 'sequence'}, line {number}")
    return folder / "color" if (folder / "color").is_dir() else folder


def _channel_folder(folder, pattern, origin):
    """The folder of a channel given as `color/%08d.jpg`, `%08d.jpg` or `color`."""
    parts = pattern.replace("\\", "/").split("/")
    if pathlib.PurePosixPath(parts[-1]).suffix:
        parts = parts[:-1]
    return check_inside(folder.joinpath(*[check_name(part, origin) for part in parts]), folder)


def _read_tag(path, length):
    """(length,) bool from a tag file of one 0 or 1 a line; frames it does not cover, or no file, are False."""
    values = np.zeros(length, dtype=bool)
    lines = read_lines(path, "one 0 or 1 a line")[:length] if path.is_file() else []
    for index, line in enumerate(lines):
        if line not in ("0", "1"):
            raise DataError(f"{path}, line {index + 1}: a tag is 0 or 1, not {line!r}")
        values[index] = line == "1"
    return values
