"""Cameras and live streams: they answer late, lose a read now and then, and do not wait."""

import collections
import logging
import math
import threading
import time
from collections.abc import Generator, Iterator

import cv2
import numpy as np

from libs.media.source import FRAMES_PER_SECOND, Source, SourceFrame
from libs.utils.errors import DataError

START_SECONDS = 10.0
"""How long to wait for the first image, by default."""
LOST_SECONDS = 2.0
"""How long a camera that has delivered images may deliver none before it counts as gone."""
PAUSE = 0.02
"""Seconds between an empty read and the next one."""
MOST_LAG = 0.5
"""Seconds that a frame may wait to be taken when frames are dropped to stay live."""
MOST_BYTES = 2**28
"""Most bytes of the frames that wait."""


class Camera(Source):
    """A camera or stream, read through OpenCV.

    Args:
        address: number of a camera, path of a device, or URL.
        name: for results. origin: for messages, without password.
        drops_frames: whether to drop frames that have waited too long, to stay live rather than fall behind.
        start_seconds: how long to wait for the first image.

    Raises:
        DataError: it cannot be opened, or has delivered no image in that time.
    """

    is_live = True

    def __init__(
        self,
        address: int | str,
        name: str,
        origin: str,
        drops_frames: bool = True,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self.name, self.origin = name, origin
        self._drops_frames = drops_frames
        is_url = isinstance(address, str) and "://" in address
        backend = cv2.CAP_FFMPEG if is_url else cv2.CAP_V4L2 if isinstance(address, str) else cv2.CAP_ANY
        self._capture = cv2.VideoCapture(address, backend)
        self._first = self._read(start_seconds if _is_open(self._capture) else 0)
        if self._first is None:
            self.close()
            raise DataError(
                f"camera or stream {name} cannot be read: is it connected, and not in use elsewhere? It was waited for "
                f"for {start_seconds:g} seconds (--wait_for_camera)"
            )
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.frames_per_second = rate if math.isfinite(rate) and rate > 0 else FRAMES_PER_SECOND

    def close(self) -> None:
        """Release the device."""
        self._capture.release()

    def _frames(self) -> Iterator[SourceFrame]:
        images = _DroppingQueue(self._images()) if self._drops_frames else self._images()
        begin = None
        try:
            for index, (taken, image) in enumerate(images):
                begin = taken if begin is None else begin
                self.dropped = getattr(images, "dropped", 0)
                yield SourceFrame(index, taken - begin, image, None, f"{self.name}, frame {index},")
        finally:
            images.close()

    def _images(self) -> Generator[tuple[float, np.ndarray], None, None]:
        """RGB images with their time of arrival, until the camera is gone."""
        image, count = self._first, 0
        while image is not None:
            yield time.monotonic(), cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            count += 1
            image = self._read(LOST_SECONDS)
        logging.warning("%s delivers nothing any more, after %d images: it ended or was lost", self.name, count)

    def _read(self, seconds: float) -> np.ndarray | None:
        """The next image in BGR; None if none came for some time."""
        end = time.monotonic() + seconds
        while True:
            image = self._capture.read()[1]
            if image is not None or time.monotonic() >= end:
                return image
            time.sleep(PAUSE)


class _DroppingQueue:
    """Reads an iterator of (time, image) in a thread and drops images that have waited too long.

    When the oldest waiting image came more than `MOST_LAG` seconds before the newest, only the newest is kept.
    """

    def __init__(self, images: Iterator[tuple[float, np.ndarray]]) -> None:
        self.dropped = 0
        self._waiting = collections.deque()
        self._changed = threading.Condition()
        self._ended, self._closed, self._error = False, False, None
        self._thread = threading.Thread(target=self._fill, args=(images,), daemon=True, name="camera")
        self._thread.start()

    def __iter__(self) -> Iterator[tuple[float, np.ndarray]]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    if self._error:
                        raise self._error
                    return
                taken = self._waiting.popleft()
            yield taken

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        # A camera that hangs must not hang the program.
        self._thread.join(LOST_SECONDS)

    def _fill(self, images: Iterator[tuple[float, np.ndarray]]) -> None:
        try:
            for taken, image in images:
                if self._closed:
                    break
                with self._changed:
                    self._waiting.append((taken, image))
                    self._drop(taken, image.nbytes)
                    self._changed.notify()
        # Whoever takes the frames handles the error, whatever it is.
        except BaseException as error:
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()

    def _drop(self, now: float, size: int) -> None:
        if self._waiting[0][0] < now - MOST_LAG or size * (len(self._waiting) - 1) > MOST_BYTES:
            self.dropped += len(self._waiting) - 1
            newest = self._waiting.pop()
            self._waiting.clear()
            self._waiting.append(newest)


def _is_open(capture: cv2.VideoCapture) -> bool:
    # A stand-in for a camera may have only read, get and release.
    return getattr(capture, "isOpened", lambda: True)()
