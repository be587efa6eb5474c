"""Reader of the VOT layout: `list.txt`, `<seq>/groundtruth.txt`, images in `<seq>/color` or next to the ground truth.

Every `<seq>/<tag>.tag` and `<seq>/<tag>.label` is a tag with a number a line: nonzero means that the frame has the tag;
frames beyond the last line do not have it. Every `<seq>/<name>.value` has a number a line, such as `anchor.value`;
`fps` in `<seq>/sequence` is the frame rate. With several objects, each has a `<seq>/groundtruth_<object>.txt`; see
`vot_objects`.
"""

import dataclasses
import itertools
import pathlib
from collections.abc import Mapping

import numpy as np

from libs.dataset.gathering import gather
from libs.dataset.names import plain_path, read_names
from libs.dataset.readers.vot_objects import load_objects, object_truths
from libs.dataset.sequence import ABSENT, Sequence
from libs.media.frame_lists import list_images
from libs.media.images import read_size
from libs.media.mask_regions import MaskRegion
from libs.media.regions import parse_rows, read_regions
from libs.media.text import read_lines
from libs.utils.errors import DataError
from libs.utils.masks import mask_to_box
from libs.utils.polygons import check_polygon

TAG_SUFFIXES = (".tag", ".label")


def load_vot(folder: pathlib.Path | str, strict: bool = False, first_pixel: int = 0) -> list[Sequence]:
    """Reads the sequences of a VOT folder, and each one's first image, so that unusable sequences are left out early.

    Args:
        folder: holds `list.txt` and a folder for each sequence.
        strict: as for `gather`.
        first_pixel: 0; regions are used unchanged.

    Raises:
        DataError: as `gather`; the folder or `list.txt` is missing, or a name there leads out of the folder.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise DataError(
            f"{folder} is not a folder; a VOT dataset is a folder with list.txt and a folder for each sequence"
        )
    names = read_names(folder / "list.txt")
    return list(itertools.chain(*gather(names, lambda name: _load(folder / name), folder, strict)))


def _load(folder: pathlib.Path) -> list[Sequence]:
    """The sequence of a folder, or one sequence for each object if it has several."""
    truths = object_truths(folder)
    if not truths:
        return [load_vot_sequence(folder)]
    frames = list_images(_image_folder(folder))
    return load_objects(folder.name, frames, truths, _read_tags(folder, len(frames)), _read_rate(folder))


def load_vot_sequence(folder: pathlib.Path | str) -> Sequence:
    """Reads one sequence folder in VOT layout, with its first image.

    Raises:
        DataError: the folder, an image, a region or a tag value is missing or malformed, images and ground truth differ
            in number, or the first region is outside the image.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder} is missing: list.txt names this sequence")
    truth = folder / "groundtruth.txt"
    regions = read_regions(truth)
    frames = list_images(_image_folder(folder))
    if len(regions) == 1:
        regions += [np.array(ABSENT)] * (len(frames) - 1)
    if len(frames) != len(regions):
        raise DataError(
            f"{folder}: {len(frames)} images in {frames[0].parent} but {len(regions)} regions in groundtruth.txt; "
            "is the download complete?"
        )
    sequence = _make_sequence(folder, frames, regions)
    try:
        check_polygon(sequence.polygons[0], sequence.image_size[::-1])
    except DataError as error:
        raise DataError(f"{truth}, line 1: {error}") from error
    return sequence


def _make_sequence(
    folder: pathlib.Path, frames: list[pathlib.Path], regions: list[np.ndarray | MaskRegion]
) -> Sequence:
    """The sequence, with the masks from its ground truth, else with the images in `masks/` if there are any."""
    known = {
        "tags": _read_tags(folder, len(frames)),
        "values": {path.stem: _read_numbers(path, len(frames)) for path in sorted(folder.glob("*.value"))},
        "rate": _read_rate(folder),
    }
    given = {index: region for index, region in enumerate(regions) if isinstance(region, MaskRegion)}
    if not given:
        masks = list_images(folder / "masks") if (folder / "masks").is_dir() else None
        return Sequence(folder.name, frames, regions, masks, **known)
    width, height = read_size(frames[0])
    masks = _LineMasks(given, len(frames), (height, width))
    boxes = [masks.box(index) if index in given else region for index, region in enumerate(regions)]
    return Sequence(folder.name, frames, boxes, masks, mask_regions=given, **known)


@dataclasses.dataclass(frozen=True)
class _LineMasks:
    """The masks in a ground truth, decoded on demand.

    Attributes:
        regions: frame index -> its mask.
        length: number of frames.
        shape: (height, width) of the images.
    """

    regions: Mapping[int, MaskRegion]
    length: int
    shape: tuple[int, int]

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> np.ndarray | None:
        """(H, W) bool, or None for a frame whose region is not a mask."""
        return self.regions[index].draw(self.shape) if index in self.regions else None

    def box(self, index: int) -> np.ndarray | tuple[float, ...]:
        """(4,) tight box of the part inside the image, `ABSENT` if there is none."""
        box = mask_to_box(self.regions[index].draw(self.shape))
        return ABSENT if box is None else box


def _image_folder(folder: pathlib.Path) -> pathlib.Path:
    """The folder of the images: from the `sequence` file, else `color/`, else the sequence's folder itself."""
    pattern, origin = _property(folder, "channels.color")
    if pattern:
        return _channel_folder(folder, pattern, origin)
    return folder / "color" if (folder / "color").is_dir() else folder


def _read_rate(folder: pathlib.Path) -> float | None:
    """Frames a second, from the `sequence` file; None if it does not say."""
    text, origin = _property(folder, "fps")
    if not text:
        return None
    (rate,) = parse_rows([text], [1], [origin])[0]
    if not 0 < rate < np.inf:
        raise DataError(f"{origin}: fps should be the frames a second, more than 0, not {text[:40]!r}")
    return rate


def _property(folder: pathlib.Path, name: str) -> tuple[str, str]:
    """The value of a name in the `sequence` file, empty if it is missing, and the file and line."""
    if (folder / "sequence").is_file():
        for number, line in enumerate(read_lines(folder / "sequence", "lines of key=value"), start=1):
            key, _, value = line.partition("=")
            if key.strip() == name and value.strip():
                return value.strip(), f"{folder / 'sequence'}, line {number}"
    return "", ""


def _channel_folder(folder: pathlib.Path, pattern: str, origin: str) -> pathlib.Path:
    """The folder of a channel, which is given as `color/%08d.jpg`, `%08d.jpg` or `color`."""
    path = plain_path(pattern, origin)
    return folder / (path.parent if path.suffix else path)


def _read_tags(folder: pathlib.Path, length: int) -> dict[str, np.ndarray]:
    files = sorted(path for path in folder.iterdir() if path.suffix in TAG_SUFFIXES and path.is_file())
    return {path.stem: _read_numbers(path, length) != 0 for path in files}


def _read_numbers(path: pathlib.Path, length: int) -> np.ndarray:
    """(length,) float64 from a file with a number a line; 0 for frames that it does not cover, and for NaN."""
    values = np.zeros(length)
    lines = read_lines(path, "one number a line")[:length]
    rows = parse_rows(lines, [1], [f"{path}, line {number}" for number in range(1, len(lines) + 1)]) if lines else []
    values[: len(rows)] = [np.nan_to_num(row[0]) for row in rows]
    return values
