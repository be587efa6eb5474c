"""Where frames come from: video files, folders of images, cameras and streams, read one frame at a time."""

import logging
import math
import pathlib
import re
import urllib.parse

import cv2

from libs.media.frame_lists import list_images
from libs.media.images import read_image
from libs.media.video_writer import FRAMES_PER_SECOND
from libs.utils.errors import DataError


def open_source(source):
    """Open a video file, a folder of images, a camera by its number (0) or a stream by its URL (rtsp://...).

    Returns:
        An iterable of RGB uint8 (H, W, 3) frames, all of one size, that is a context manager too and has `name` (for
        result files), `frames_per_second` and `length` (frames, None where unknown).

    Raises:
        DataError: there is no such thing, or it holds no readable frame.
    """
    text, path = str(source), pathlib.Path(source).expanduser()
    if path.is_dir():
        return ImageFolder(path)
    if path.is_file():
        return Capture(str(path), path.stem, is_file=True)
    if text.isdecimal():
        return Capture(int(text), f"camera{text}")
    if "://" in text:
        parts = urllib.parse.urlsplit(text)
        # Without user name and password, which such addresses may hold.
        return Capture(text, re.sub(r"\W+", "_", f"{parts.hostname or ''}{parts.path}").strip("_"))
    raise DataError(
        f"video {source} does not exist; give a video file, a folder of images, a camera's number or a stream's URL"
    )


class _Source:
    """What all sources share: frames of one size, closed at the end of the block."""

    frames_per_second = FRAMES_PER_SECOND

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def __iter__(self):
        size = None
        for index, image in enumerate(self._read()):
            if size not in (None, image.shape):
                raise DataError(f"{self.name}, frame {index}: its size {image.shape} is not the first's, {size}")
            size = image.shape
            yield image

    def frame_index(self, name):
        """Index of the frame that a file called `name`, without ending, belongs to; None if there is no such frame."""
        return int(name) if name.isdecimal() else None

    def close(self):
        """Let go of the file or device."""


class ImageFolder(_Source):
    """The images of a folder, in the order of their numbers. Raises DataError when it holds none."""

    def __init__(self, folder):
        self.name = folder.resolve().name
        self._files = list_images(folder)
        self.length = len(self._files)

    def frame_index(self, name):
        """Index of the image of this name; None if there is none."""
        names = [file.stem for file in self._files]
        return names.index(name) if name in names else None

    def _read(self):
        return (read_image(file) for file in self._files)


class Capture(_Source):
    """A video file, camera or stream through OpenCV.

    Args:
        address: path, URL, or number of a camera.
        name: for result files.
        is_file: whether it has an end that is known beforehand.

    Raises:
        DataError: it cannot be opened, or no frame can be read.
    """

    def __init__(self, address, name, is_file=False):
        self.name = name
        self._capture = cv2.VideoCapture(address, cv2.CAP_ANY if isinstance(address, int) else cv2.CAP_FFMPEG)
        opened, self._first = self._capture.read()
        if not opened:
            self.close()
            if is_file:
                raise DataError(f"video {address} cannot be read: it is damaged, or no video")
            raise DataError(f"camera or stream {name} cannot be read: is it connected, and not in use elsewhere?")
        length = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.length = int(length) if is_file and length > 0 else None
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.frames_per_second = rate if math.isfinite(rate) and rate > 0 else FRAMES_PER_SECOND

    def _read(self):
        image, count = self._first, 0
        while image is not None:
            yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            count += 1
            image = self._capture.read()[1]
        # Headers count roughly, so that one frame less says nothing.
        if self.length and count < 0.95 * self.length:
            logging.warning("%s ended after %d of %d frames: the file may be damaged", self.name, count, self.length)

    def close(self):
        """Let go of the file or device."""
        self._capture.release()
