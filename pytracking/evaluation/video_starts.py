"""What is to be followed in a video, and from which frame on: boxes, a mask of the first frame, or masks of several."""

import pathlib

from libs.media.frame_lists import list_images
from libs.media.masks import read_mask
from libs.utils.errors import DataError, SettingsError

MOST_OBJECTS = 20
BINARY = 255


def read_starts(boxes, masks, source):
    """Read the objects of a command line.

    Args:
        boxes: list of regions of 4 (x, y, w, h) or 8 (corners) numbers, one an object, in the first frame; or None.
        masks: an indexed or grey image of the first frame's size, in which each value but 0 is an object; or a folder
            of such images, called as the frames they belong to, in which each object begins with the first that shows
            it; or None.
        source: the video, as of `video_source.open_source`.

    Returns:
        dict: index of a frame -> number of each object that begins in it -> dict as for `BaseTracker.initialize`;
        empty without boxes and masks. An object has its value in the mask as its number, 1 for the 255 of a binary
        mask.

    Raises:
        SettingsError: several boxes, or masks of several objects, where both are given.
        DataError: a mask is unreadable or belongs to no frame, or there are no or too many objects.
    """
    regions = {number: {"init_bbox": list(box)} for number, box in enumerate(boxes or (), start=1)}
    if masks is None:
        return {0: regions} if regions else {}
    files = _mask_files(pathlib.Path(masks).expanduser(), source)
    starts = _first_masks(files)
    count = sum(map(len, starts.values()))
    if not 1 <= count <= MOST_OBJECTS:
        raise DataError(
            f"mask {masks} holds {count} objects; give an image that is 0 on the background and has a number "
            f"for each object, 1 to {MOST_OBJECTS} of them"
        )
    if not regions:
        return starts
    if len(regions) > 1 or count > 1 or 0 not in starts:
        raise SettingsError(
            "a box and a mask together describe one object in the first frame; give several by masks or by boxes alone"
        )
    return {0: {number: {**regions[1], **info} for number, info in starts[0].items()}}


def _mask_files(path, source):
    """Index of each frame that has a mask -> its file, in order."""
    if not path.is_dir():
        return {0: path}
    files = {}
    for file in list_images(path):
        index = source.frame_index(file.stem)
        if index is None or (source.length is not None and index >= source.length):
            raise DataError(
                f"mask {file} belongs to no frame of {source.name}; call masks as the images they belong to, or by "
                "the number of the frame, the first being 00000.png"
            )
        files[index] = file
    return dict(sorted(files.items()))


def _first_masks(files):
    """The objects of masks by the frame that first shows them, as `read_starts` returns them."""
    starts, known = {}, set()
    for index, file in files.items():
        labels = read_mask(file)
        values = set(labels.ravel().tolist()) - {0}
        if values - known:
            starts[index] = {
                1 if values == {BINARY} else value: {"init_mask": labels == value} for value in sorted(values - known)
            }
            known |= values
    return starts
