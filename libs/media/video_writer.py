"""Videos written frame by frame, so that whatever ends the program leaves a file that plays."""

import errno
import fractions
import logging
import math
import os
import pathlib
import struct
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from libs.media.files import explain_writing, free_path
from libs.media.source import FRAMES_PER_SECOND
from libs.utils.errors import DataError, SettingsError

if TYPE_CHECKING:
    from av.video.stream import VideoStream

H264 = {"preset": "veryfast", "tune": "zerolatency", "crf": "20"}
VP9 = {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0"}
CODECS = {"libx264": H264, "libopenh264": {}, "libvpx-vp9": VP9, "mjpeg": {"qscale": "3"}, "gif": {}}
"""Codecs that every browser plays, with options to encode fast and hold no frame back; MJPEG for AVI."""
NAMES = {"libx264": "H.264", "libopenh264": "H.264", "libvpx-vp9": "VP9", "mjpeg": "MJPEG", "gif": "GIF"}
PIXELS = {"mjpeg": "yuvj420p", "gif": "rgb8"}
"""Pixel formats of encoders that do not take yuv420p."""
CONTAINERS = {
    ".mp4": ("mp4", ("libx264", "libopenh264", "libvpx-vp9")),
    ".mov": ("mov", ("libx264", "libopenh264")),
    ".mkv": ("matroska", ("libx264", "libopenh264", "libvpx-vp9")),
    ".webm": ("webm", ("libvpx-vp9",)),
    ".avi": ("avi", ("mjpeg",)),
    ".gif": ("gif", ("gif",)),
}
"""Ending -> FFmpeg's name of the container, and its encoders; the first available one is used."""
FRAGMENTED = ("mp4", "mov")
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
"""MP4 and MOV in parts that play as soon as they are written, instead of a table at the end."""
BOX = struct.Struct(">I4s")
"""Length and kind, the first fields of every box of an MP4."""
NOTE = "comment"
"""Name of the `run` in a file's metadata."""
KEPT = "what was written of it is kept, and plays"
KEYFRAME_EVERY = 25
RATES = (0.01, 1000.0)
"""Frames a second that players keep up with; headers of broken files say 90,000."""
LARGEST_DENOMINATOR = 1001


class VideoWriter:
    """Writes a video file, which exists from the first image on; a context manager.

    It is written as `<name>.part<ending>`, which plays at any time, and gets its name when the block ends, with or
    without an error. At `path`, only a video of the same run with no more frames is replaced; otherwise the new video
    becomes `<name>_2<ending>`. A part that a killed program left is kept.

    Most codecs want even sizes: images of an odd width or height lose their last column or row.

    Args:
        path: ends in .mp4, .mov, .mkv, .webm, .avi or .gif; the folders above it are created.
        frames_per_second: of the video; rounded to a fraction that containers can express, with a note if it shows.
        run: text shared only by runs that make the same video; stored in the file. Empty: no other run makes it.

    Attributes:
        path: of the video; differs from the given one if an existing file is kept there.
        codec: what it is encoded as, in words; empty before the first image.

    Raises:
        SettingsError: the ending is another.
    """

    def __init__(self, path: str | os.PathLike, frames_per_second: float = FRAMES_PER_SECOND, run: str = "") -> None:
        self.path = pathlib.Path(path)
        self._run = run
        self._suffix = self.path.suffix.lower()
        if self._suffix not in CONTAINERS:
            *most, last = CONTAINERS
            raise SettingsError(f"video {path}: the name must end in {', '.join(most)} or {last}")
        self.frames_per_second = frames_per_second
        self.codec = ""
        self._container: Any = None
        self._size, self._count, self._torn = (0, 0), 0, False

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
            self._container = self._open(size)
        elif size != self._size:
            raise DataError(f"{self.path}: an image of {size} pixels in a video of {self._size}; give images alike")
        import av

        height, width = self._stream.height, self._stream.width
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), format="rgb24")
        frame.pts, frame.time_base = self._count, 1 / self._rate
        with explain_writing(self.path, kept=KEPT):
            try:
                self._container.mux(self._stream.encode(frame))
            except OSError:
                self._torn = True
                raise
        self._count += 1

    def begin_again(self) -> None:
        """Discard what is written so far, so that the next image is the first."""
        if self._container is not None:
            container, self._container = self._container, None
            with explain_writing(self.path):
                _finish(container, self._stream, self._torn)
                self._file.close()
                self._draft.unlink()
            self._count, self._torn = 0, False

    def frames_before(self) -> int | None:
        """How many frames the video at `path` has if an earlier run wrote it and makes the same; else None."""
        return _frames_of(self.path, self._run) if self._run and self.path.is_file() else None

    def close(self) -> None:
        """Finish the file and give it its name. Raises DataError if the disk is full; what is written still plays."""
        if self._container is None:
            return
        container, self._container = self._container, None
        try:
            with explain_writing(self.path, kept=KEPT):
                _finish(container, self._stream, self._torn)
        finally:
            self._file.close()
            if CONTAINERS[self._suffix][0] in FRAGMENTED:
                drop_torn_header(self._draft)
            self._put()

    def _put(self) -> None:
        """Give the draft its name, unless an earlier run got further."""
        before = self.frames_before()
        if before is not None and before > self._count:
            self._draft.unlink()
            return
        if before is None and os.path.lexists(self.path):
            kept, self.path = self.path, free_path(self.path, self.path.suffix)
            logging.warning("%s is there already, and is kept: the video is %s", kept, self.path)
        self._draft.replace(self.path)

    def _open(self, size: tuple[int, int]) -> Any:
        """The container of the draft, open, with its stream."""
        # Imported late: it takes a while, and --help should not.
        import av

        form, encoders = CONTAINERS[self._suffix]
        encoder = next((name for name in encoders if name in av.codecs_available), None)
        if encoder is None:
            raise SettingsError(
                f"{self.path}: PyAV is here without {' and '.join(encoders)}; write .avi, or reinstall av"
            )
        if min(size) < 2:
            raise DataError(f"{self.path}: images of {size[0]} x {size[1]} pixels; a video's have 2 x 2 or more")
        self._rate, self._size = _playable_rate(self.frames_per_second, self.path), size
        with explain_writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part = self.path.with_name(f"{self.path.stem}.part{self.path.suffix}")
            self._draft = free_path(part, self.path.suffix)
            # Created here, so that no other program takes the same name.
            self._draft.open("x").close()
            try:
                return self._start(form, encoder)
            except BaseException:
                self._draft.unlink()
                raise

    def _start(self, form: str, encoder: str) -> Any:
        """The container, open, with its stream."""
        import av

        options = {"flush_packets": "1", **(FRAGMENTS if form in FRAGMENTED else {})}
        # A Python file: with its own, FFmpeg does not always tell PyAV that it could not be written.
        self._file = self._draft.open("wb", buffering=0)
        container = av.open(self._file, "w", format=form, options=options)
        container.metadata[NOTE] = self._run
        stream = container.add_stream(encoder, rate=self._rate, options={"g": str(KEYFRAME_EVERY), **CODECS[encoder]})
        # By PyAV's stubs, an encoder that is not a literal may be one for sound.
        self._stream = cast("VideoStream", stream)
        self._stream.width, self._stream.height = (side - side % 2 for side in self._size)
        self._stream.pix_fmt = PIXELS.get(encoder, "yuv420p")
        self.codec = NAMES[encoder]
        return container


def _frames_of(path: pathlib.Path, run: str) -> int | None:
    """Number of frames of a video that was written with this `run`; None if there is no such video."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(os.path.abspath(path)) as container:
            # Matroska writes names in capitals.
            notes = {name.lower(): value for name, value in container.metadata.items()}
            return sum(packet.size > 0 for packet in container.demux(video=0)) if notes.get(NOTE) == run else None
    except (FFmpegError, IndexError):
        return None


def _finish(container: Any, stream: "VideoStream", torn: bool) -> None:
    """Write what is left, and the end. Raises OSError if the disk is full, unless that is known already (`torn`)."""
    from av.error import PyAVCallbackError

    try:
        container.mux(stream.encode())
        container.close()
    except PyAVCallbackError as error:
        if not torn:
            raise OSError(errno.EIO, str(error)) from error
    except OSError:
        if not torn:
            raise


def drop_torn_header(path: pathlib.Path) -> None:
    """Cut off an MP4 the header of a fragment that a full disk left unfinished: players refuse such a file."""
    with path.open("r+b") as file:
        place, size = 0, os.path.getsize(path)
        while place < size:
            file.seek(place)
            head = file.read(BOX.size)
            length, kind = BOX.unpack(head) if len(head) == BOX.size else (size, b"")
            if place + length > size and kind != b"mdat":
                file.truncate(place)
            place += max(length, BOX.size)


def _playable_rate(rate: float, path: pathlib.Path) -> fractions.Fraction:
    low, high = RATES
    if not (math.isfinite(rate) and low <= rate <= high):
        logging.warning("%s: %g frames a second cannot be played; it has %g", path, rate, FRAMES_PER_SECOND)
        rate = FRAMES_PER_SECOND
    rounded = fractions.Fraction(rate).limit_denominator(LARGEST_DENOMINATOR)
    if abs(float(rounded) / rate - 1) > 1e-3:
        logging.warning("%s: %g frames a second are rounded to %g", path, rate, float(rounded))
    return rounded
