"""Where frames come from: video files, folders of images, cameras and streams."""

import os
import pathlib
import re
import urllib.parse

from libs.media.camera import START_SECONDS, Camera
from libs.media.frame_files import FrameFiles
from libs.media.frame_lists import IMAGE_SUFFIXES, list_images
from libs.media.images import count_pictures
from libs.media.source import Source
from libs.media.video_file import VideoFile
from libs.utils.errors import DataError

ANIMATED_SUFFIXES = (".gif", ".apng")
"""Endings of files that are images or videos; in a folder of frames they are images."""
LIVE_SCHEMES = ("rtsp", "rtsps", "rtmp", "rtmps", "udp", "rtp", "srt")
DEVICE = re.compile(r"/dev/video(\d+)")


def open_source(source: str | os.PathLike, live: bool | None = None, start_seconds: float = START_SECONDS) -> Source:
    """Open a video.

    Args:
        source: a video file; a folder of images; images of a folder by a pattern ('clip/*.jpg', 'clip/%05d.jpg'); a
            single image; a camera by its number ('0') or device ('/dev/video0'); a stream by its URL (rtsp://...).
            An existing file or folder is taken as such, whatever its name looks like.
        live: whether to leave out frames that come faster than they are taken; None: only for cameras and rtsp.
        start_seconds: how long to wait for a camera's first image.

    Raises:
        DataError: the source does not exist or holds no readable frame.
    """
    text, path = os.fspath(source), pathlib.Path(source).expanduser()
    if path.is_dir():
        return FrameFiles(list_images(path), path.resolve().name, path.resolve())
    if path.is_file():
        return _open_file(path)
    if text.isdecimal():
        return Camera(int(text), f"camera{text}", f"camera{text}", live is not False, start_seconds)
    if _is_device(path):
        return _open_device(path, live, start_seconds)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        return _open_url(text, live, start_seconds)
    pattern = re.sub(r"%0?\d*d", "*", path.name)
    if path.parent.is_dir() and re.search(r"[*?[]", pattern):
        folder = path.parent.resolve()
        return FrameFiles(list_images(path.parent, pattern), folder.name, folder / path.name)
    raise DataError(
        f"video {source} does not exist; give a video file, a folder of images, a camera's number or a stream's URL"
    )


def _open_file(path: pathlib.Path) -> Source:
    if path.suffix.lower() in IMAGE_SUFFIXES and not _is_animated(path):
        return FrameFiles([path], path.stem, path.resolve())
    # An absolute path: FFmpeg takes "a:b.mp4" for a protocol.
    return VideoFile(os.path.abspath(path), path.stem, os.path.abspath(path))


def _is_animated(path: pathlib.Path) -> bool:
    """Whether an image file is a video for FFmpeg. Raises DataError if it has several pictures that FFmpeg cannot read.

    An unreadable image is not a video: whoever reads it reports the error.
    """
    if path.suffix.lower() in ANIMATED_SUFFIXES:
        return True
    try:
        pictures = count_pictures(path)
    except DataError:
        return False
    if pictures > 1 and path.suffix.lower() != ".png":
        raise DataError(
            f"{path} holds {pictures} pictures: make a video or a folder of images of them, as by "
            f"'magick {path.name} frames/%05d.png'"
        )
    return pictures > 1


def _is_device(path: pathlib.Path) -> bool:
    return bool(DEVICE.fullmatch(str(path))) or path.is_char_device()


def _open_device(path: pathlib.Path, live: bool | None, start_seconds: float) -> Camera:
    # Names such as /dev/v4l/by-id/... are links.
    found = DEVICE.fullmatch(str(path.resolve())) or DEVICE.fullmatch(str(path))
    address = int(found[1]) if found else str(path)
    name = f"camera{address}" if found else path.name
    return Camera(address, name, str(path), live is not False, start_seconds)


def _open_url(url: str, live: bool | None, start_seconds: float) -> Source:
    parts = urllib.parse.urlsplit(url)
    # Without user name and password, which such addresses may hold.
    name = re.sub(r"\W+", "_", f"{parts.hostname or ''}{parts.path}").strip("_")
    if live or parts.scheme.lower() in LIVE_SCHEMES:
        return Camera(url, name, name, live is not False, start_seconds)
    return VideoFile(url, name, name)
