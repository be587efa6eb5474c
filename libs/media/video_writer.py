"""Videos written frame by frame."""

import contextlib
import pathlib

import cv2

from libs.media.files import whole_or_absent
from libs.utils.errors import DataError, SettingsError

FRAMES_PER_SECOND = 25.0
CODECS = {".mp4": "mp4v", ".avi": "MJPG"}


class VideoWriter(contextlib.ExitStack):
    """A video file; as a context manager, it is there when the block ends without an error, and only then.

    The codecs want even sizes: images of an odd width or height lose their last column or row.

    Args:
        path: ends in .mp4 or .avi; the folders above it are made.
        frames_per_second: of the video.

    Raises:
        SettingsError: another ending.
    """

    def __init__(self, path, frames_per_second=FRAMES_PER_SECOND):
        super().__init__()
        self.path = pathlib.Path(path)
        if self.path.suffix.lower() not in CODECS:
            raise SettingsError(f"video {path}: the name must end in {' or '.join(CODECS)}")
        self.frames_per_second = frames_per_second
        self._writer = None

    def write(self, image):
        """Append an RGB uint8 (H, W, 3) image; the first one sets the size.

        Raises:
            DataError: the file cannot be written, or the image has another size than the first.
        """
        size = image.shape[1::-1]
        if self._writer is None:
            self._open(size)
        elif size != self._size:
            raise DataError(f"{self.path}: an image of {size} pixels in a video of {self._size}; give images alike")
        self._writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))

    def _open(self, size):
        draft = self.enter_context(whole_or_absent(self.path))
        codec = cv2.VideoWriter_fourcc(*CODECS[self.path.suffix.lower()])
        self._writer, self._size = cv2.VideoWriter(str(draft), codec, self.frames_per_second, size), size
        # Before the draft is renamed: callbacks run in reverse.
        self.callback(self._writer.release)
        if not self._writer.isOpened():
            raise DataError(f"{self.path} cannot be written as a video of {size} pixels; is the folder writable?")
