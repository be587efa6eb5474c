"""Videos written frame by frame, so that whatever ends the program leaves a file that plays."""

import fractions
import logging
import math
import os
import pathlib
from typing import Any

import numpy as np

from libs.media.files import explain_writing, free_path
from libs.media.source import FRAMES_PER_SECOND
from libs.utils.errors import DataError, SettingsError

H264 = {"preset": "veryfast", "tune": "zerolatency", "crf": "20"}
VP9 = {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0"}
CODECS = {"libx264": H264, "libopenh264": {}, "libvpx-vp9": VP9, "mjpeg": {"qscale": "3"}}
"""What every browser plays, with the options of its encoder: fast, and no frame is held back; MJPEG for AVI."""
CONTAINERS = {
    ".mp4": ("mp4", ("libx264", "libopenh264", "libvpx-vp9")),
    ".mov": ("mov", ("libx264", "libopenh264")),
    ".mkv": ("matroska", ("libx264", "libopenh264", "libvpx-vp9")),
    ".webm": ("webm", ("libvpx-vp9",)),
    ".avi": ("avi", ("mjpeg",)),
}
"""Ending -> FFmpeg's name of the container, and the encoders for it, the first that there is being taken."""
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
"""MP4 and MOV in parts that can each be played once they are written, rather than with a table at the end."""
KEYFRAME_EVERY = 25
RATES = (0.01, 1000.0)
"""Frames a second that players keep up with; headers of broken files say 90,000."""
LARGEST_DENOMINATOR = 1001


class VideoWriter:
    """A video file. A context manager; the file is there from the first image on.

    It is written as `<name>.part<ending>`, which plays at any time, and gets its name when the block ends, whether by
    an error or not. What was at `path` is replaced then. A part that a killed program left is kept under another name.

    Most codecs want even sizes: images of an odd width or height lose their last column or row.

    Args:
        path: ends in .mp4, .mov, .mkv, .webm or .avi; the folders above it are made.
        frames_per_second: of the video; rounded to a fraction that containers can express, with a note where it shows.

    Raises:
        SettingsError: another ending.
    """

    def __init__(self, path: str | os.PathLike, frames_per_second: float = FRAMES_PER_SECOND) -> None:
        self.path = pathlib.Path(path)
        self._suffix = self.path.suffix.lower()
        if self._suffix not in CONTAINERS:
            *most, last = CONTAINERS
            raise SettingsError(f"video {path}: the name must end in {', '.join(most)} or {last}")
        self.frames_per_second = frames_per_second
        self._container: Any = None
        self._size, self._count = (0, 0), 0

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def write(self, image: np.ndarray) -> None:
        """Append an RGB uint8 (H, W, 3) image; the first one sets the size.

        Raises:
            DataError: the file cannot be written, or the image has another size than the first.
        """
        size = image.shape[1::-1]
        if self._container is None:
            self._open(size)
        elif size != self._size:
            raise DataError(f"{self.path}: an image of {size} pixels in a video of {self._size}; give images alike")
        import av

        height, width = self._stream.height, self._stream.width
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), format="rgb24")
        frame.pts, frame.time_base = self._count, 1 / self._rate
        with explain_writing(self.path):
            self._container.mux(self._stream.encode(frame))
        self._count += 1

    def close(self) -> None:
        """Finish the file and give it its name. Raises DataError when the disk is full; what is written still plays."""
        if self._container is None:
            return
        container, self._container = self._container, None
        try:
            with explain_writing(self.path):
                container.mux(self._stream.encode())
                container.close()
        finally:
            self._draft.replace(self.path)

    def _open(self, size: tuple[int, int]) -> None:
        # Late: it takes a while, and --help should not.
        import av

        form, encoders = CONTAINERS[self._suffix]
        encoder = next((name for name in encoders if name in av.codecs_available), None)
        if encoder is None:
            raise SettingsError(
                f"{self.path}: PyAV is here without {' and '.join(encoders)}; write .avi, or reinstall av"
            )
        if min(size) < 2:
            raise DataError(f"{self.path}: images of {size[0]} x {size[1]} pixels; a video's have 2 x 2 or more")
        self._draft = self.path.with_name(f"{self.path.stem}.part{self.path.suffix}")
        self._rate, self._size = _playable_rate(self.frames_per_second, self.path), size
        with explain_writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._draft.exists():
                self._draft.rename(free_path(self._draft))
            # An absolute path: FFmpeg takes "a:b.mp4" for a protocol.
            container = av.open(
                os.path.abspath(self._draft),
                "w",
                format=form,
                options={"flush_packets": "1", **(FRAGMENTS if form in ("mp4", "mov") else {})},
            )
        options = {"g": str(KEYFRAME_EVERY), **CODECS[encoder]}
        self._stream = container.add_stream(encoder, rate=self._rate, options=options)
        self._stream.width, self._stream.height = (side - side % 2 for side in size)
        self._stream.pix_fmt = "yuvj420p" if encoder == "mjpeg" else "yuv420p"
        self._container = container


def _playable_rate(rate: float, path: pathlib.Path) -> fractions.Fraction:
    low, high = RATES
    if not (math.isfinite(rate) and low <= rate <= high):
        logging.warning("%s: %g frames a second cannot be played; it has %g", path, rate, FRAMES_PER_SECOND)
        rate = FRAMES_PER_SECOND
    rounded = fractions.Fraction(rate).limit_denominator(LARGEST_DENOMINATOR)
    if abs(float(rounded) / rate - 1) > 1e-3:
        logging.warning("%s: %g frames a second are rounded to %g", path, rate, float(rounded))
    return rounded
