"""Pictures of what the memories do, by frame, on disk; a few thousand of the latest are kept."""

import collections
import pathlib

from libs.media.images import write_image
from pytracking.evaluation.debug import tracker_pictures
from pytracking.tracker.base.result import Results

MOST = 2000


class MemoryPictures:
    """The debug pictures of a video.

    Args:
        folder: an existing one, used only for them.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._kept: collections.OrderedDict[int, pathlib.Path] = collections.OrderedDict()

    def put(self, index: int, results: Results) -> None:
        """Store the pictures of a frame, if its results have any."""
        picture = tracker_pictures(results)
        if picture is None:
            return
        path = self._folder / f"{index:06d}.jpg"
        write_image(path, picture)
        self._kept[index] = path
        self._kept.move_to_end(index)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)[1].unlink(missing_ok=True)

    def find(self, index: int) -> pathlib.Path | None:
        """The picture of a frame, or None."""
        return self._kept.get(index)
