"""What is shown of the objects of a video, in which frames: boxes, masks, or annotations of any format."""

import pathlib
from collections.abc import Iterable, Sequence

from libs.media.annotations.conversion import describe_source
from libs.media.annotations.formats.indexed_png import IndexedPNG
from libs.media.annotations.record import ObjectRecord, Video
from libs.media.annotations.registry import read_annotations
from libs.media.excerpt import Excerpt
from libs.media.frame_lists import IMAGE_SUFFIXES
from libs.media.source import Source
from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.limits import MOST_OBJECTS, check_count
from pytracking.prompts import ObjectStarts, Prompt

Starts = dict[int, ObjectStarts]
"""Index of a frame -> number of each object that is shown in it -> Prompt: the first begins, later ones correct it."""


def read_starts(
    boxes: Sequence[Iterable[float]] | None,
    masks: str | pathlib.Path | None,
    source: Source,
    max_objects: int = MOST_OBJECTS,
) -> Starts:
    """Read the objects of a command line.

    Args:
        boxes: regions of 4 (x, y, w, h) or 8 (corners) numbers, one an object, in the first frame; or None.
        masks: an image of the first frame's size (see `libs.media.masks.read_mask`), in which each value but 0 is an
            object; or a folder of such images, called as the frames they belong to; or a file or folder of annotations
            (see `read_annotations`), of which an object's mask counts, else its corners, else its box; or None.
        source: the video, as of `libs.media.sources.open_source`.
        max_objects: how many there may be.

    Returns:
        `Starts`; empty without boxes and masks. An object has its value in the mask as its number, 1 for the 255 of
        binary masks; beside other values 255 is void.

    Raises:
        SettingsError: several boxes, or masks of several objects, where both are given; or too many objects.
        DataError: a mask is unreadable or belongs to no frame, or there are no objects.
    """
    regions = {number: {"init_bbox": list(box)} for number, box in enumerate(boxes or (), start=1)}
    starts: Starts = {0: regions} if regions else {}
    if masks is not None:
        path = pathlib.Path(masks).expanduser()
        starts = _annotated(path, source)
    count = len({number for infos in starts.values() for number in infos})
    if masks is not None and not count:
        raise DataError(f"mask {masks} holds 0 objects; give an image that has a number for each object, 0 elsewhere")
    check_count(count, max_objects, str(masks) if masks is not None else "boxes")
    if not regions or masks is None:
        return starts
    if len(regions) > 1 or count > 1 or list(starts) != [0]:
        raise SettingsError(
            "a box and a mask together describe one object in the first frame; give several by masks or by boxes alone"
        )
    return {0: {number: {**regions[1], **info} for number, info in starts[0].items()}}


def _is_masks(path: pathlib.Path) -> bool:
    """Whether it is an image, or a folder of images; what is not there is named by who reads it."""
    if not path.exists():
        return True
    suffixes = {file.suffix.lower() for file in (path.iterdir() if path.is_dir() else [path])}
    # LabelMe puts its files beside the images.
    return bool(suffixes & IMAGE_SUFFIXES) and ".json" not in suffixes


def _annotated(path: pathlib.Path, source: Source) -> Starts:
    """The objects of masks or annotations by the frames that show them.

    Of an excerpt, they are those of the whole video: what they show in frames that are left out is passed over. A
    single mask is that of the first frame that is followed.
    """
    part = source if isinstance(source, Excerpt) else None
    if _is_masks(path):
        # They are called as their frames are, which the video itself knows.
        recording, video = IndexedPNG().read(path, Video()), source if part is None else part.source
    else:
        video = describe_source(source, whole=True)
        recording = read_annotations(path, None, video)
    is_first = _is_masks(path) and not path.is_dir()
    starts = {}
    for index, entry in recording.placed(video).items():
        place = part.place(index) if part and not is_first else index
        if place is not None:
            starts[place] = {each.number: _prompt(each) for each in entry.load()}
    shown = {index: {number: info for number, info in infos.items() if info} for index, infos in starts.items()}
    return {index: infos for index, infos in shown.items() if infos}


def _prompt(record: ObjectRecord) -> Prompt:
    """How an object is shown to a tracker; empty where it is absent."""
    if record.mask is not None:
        return {"init_mask": record.mask} if record.mask.any() else {}
    region = record.box if record.polygon is None else record.polygon.ravel()
    return {} if region is None else {"init_bbox": region.tolist()}
