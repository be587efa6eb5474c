"""The interface of a format, and writing in one."""

import abc
import contextlib
import math
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import ClassVar

from libs.media.annotations.record import FrameRecord, Recording, Video
from libs.media.files import whole_or_absent
from libs.utils.errors import SettingsError

Add = Callable[[FrameRecord], None]
"""Takes the frames one by one, in order."""


class Format(abc.ABC):
    """One way to store the annotations of a video.

    Attributes:
        name: as commands take it.
        title: one line that says what it is.
        ending: of its file; empty if it is a folder.
        tolerance: by how many pixels the outlines that it writes, if any, may be off; 0: exact.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    ending: ClassVar[str] = ""

    def __init__(self, tolerance: float = 0.0) -> None:
        if not 0 <= tolerance < math.inf:
            raise SettingsError(f"tolerance {tolerance}: give the pixels that outlines may be off, 0 or more")
        self.tolerance = tolerance

    @abc.abstractmethod
    def recognises(self, path: pathlib.Path) -> bool:
        """Whether a file or folder looks like this format; reads little and raises nothing."""

    @abc.abstractmethod
    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """The annotations in a file or folder.

        Args:
            path: an existing file or folder.
            video: what is known of the video from elsewhere, such as a size that the format does not hold.

        Raises:
            DataError: it is not in this format; the message names file and place. SettingsError: a library is missing.
        """

    @abc.abstractmethod
    def write(self, path: pathlib.Path, video: Video) -> contextlib.AbstractContextManager[Add]:
        """Context that writes frames one by one; callers use `open_writer`.

        Args:
            path: of the file or folder to create.
            video: the video that the frames belong to.

        Raises:
            DataError: this format cannot hold what a frame has. SettingsError: a library is missing.
        """


@contextlib.contextmanager
def open_writer(form: Format, target: str | os.PathLike, video: Video) -> Iterator[Add]:
    """Context that writes annotations, whole or not at all.

    Args:
        form: the format.
        target: file or folder that does not exist yet.
        video: the video that the frames belong to.

    Yields:
        function that takes the next frame.

    Raises:
        SettingsError: the target exists. DataError: it cannot be written, or not in this format.
    """
    target = pathlib.Path(target).expanduser()
    if os.path.lexists(target):
        raise SettingsError(f"{target} is there already, and nothing is written over it; give another name")
    with whole_or_absent(target) as draft, form.write(draft, video) as add:
        yield add
