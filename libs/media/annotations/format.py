"""The shape of a format, and writing in it."""

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
"""Takes a frame after the other, in order."""


class Format(abc.ABC):
    """One way in which annotations of a video are written.

    Attributes:
        name: as it is given to commands.
        title: what it is, in a line.
        ending: of its file; empty where it is a folder.
        tolerance: by how many pixels the outlines may be off that it writes, if it writes outlines; 0: exact.
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
        """Whether a file or folder looks like one of this format; it reads little, and raises nothing."""

    @abc.abstractmethod
    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """The annotations in a file or folder.

        Args:
            path: that exists.
            video: what is known of the video otherwise, such as a size that the format does not have.

        Raises:
            DataError: it is not of this format; the message names file and place. SettingsError: a library is missing.
        """

    @abc.abstractmethod
    def write(self, path: pathlib.Path, video: Video) -> contextlib.AbstractContextManager[Add]:
        """Context in which frames are written one by one; see `open_writer`, which callers use.

        Args:
            path: of the file, or of the folder, which is to be made.
            video: whose frames they are.

        Raises:
            DataError: a frame has what this format cannot hold. SettingsError: a library is missing.
        """


@contextlib.contextmanager
def open_writer(form: Format, target: str | os.PathLike, video: Video) -> Iterator[Add]:
    """Context in which annotations are written, whole or not at all.

    Args:
        form: the format.
        target: file or folder, where there is nothing yet.
        video: whose frames they are.

    Yields:
        function that takes the next frame.

    Raises:
        SettingsError: there is something already. DataError: it cannot be written, or not in this format.
    """
    target = pathlib.Path(target).expanduser()
    if os.path.lexists(target):
        raise SettingsError(f"{target} is there already, and nothing is written over it; give another name")
    with whole_or_absent(target) as draft, form.write(draft, video) as add:
        yield add
