"""What users take away: annotations in every format, and the video with the results drawn in."""

import pathlib
import shutil
from collections.abc import Callable

from libs.media.annotations.format import open_writer
from libs.media.annotations.record import Video
from libs.media.annotations.registry import find_format, known_formats
from libs.media.files import free_path
from libs.media.frame_files import FrameFiles
from libs.utils.errors import SettingsError
from pytracking.evaluation.output import OverlayVideo
from pytracking.web.opening import OpenVideo
from pytracking.web.places import clean_name
from pytracking.web.records import Records

OVERLAY = "video"
SESSION = "session"
FIRST = ("png", "csv", "coco", "mot", "yolo", "cvat")
"""The formats that come first in the list."""
Progress = Callable[[int, int], None]


def offered() -> list[dict[str, str]]:
    """Name and title of everything that can be taken away."""
    known = known_formats()
    names = [*FIRST, *(name for name in known if name not in FIRST)]
    return [
        {"name": OVERLAY, "title": "video with the results drawn in (MP4)"},
        *({"name": name, "title": known[name].title} for name in names),
        {"name": SESSION, "title": "session, to continue later, here or with Session.load"},
    ]


def write_annotations(records: Records, video: OpenVideo, name: str, folder: pathlib.Path) -> pathlib.Path:
    """Write the results in a format; a format that makes folders becomes a zip file.

    Args:
        records: the results.
        video: to which they belong.
        name: of the format.
        folder: to write to.

    Returns:
        The file.

    Raises:
        SettingsError: there is no such format, or there are no results. DataError: the format cannot hold them.
    """
    form = find_format(name)
    if not records.rows:
        raise SettingsError("there is nothing to take away yet: draw an object, and follow it")
    target = free_path(folder / f"{clean_name(video.source.name)}_{form.name}{form.ending}", form.ending)
    with open_writer(form, target, describe_video(video)) as add:
        for index in sorted(records.rows):
            add(records.frame_record(index))
    if not target.is_dir():
        return target
    packed = shutil.make_archive(str(target), "zip", target)
    shutil.rmtree(target)
    return pathlib.Path(packed)


def write_overlay(records: Records, video: OpenVideo, folder: pathlib.Path, progress: Progress) -> pathlib.Path:
    """Write the video with the results drawn in. Returns the file.

    Args:
        records, video, folder: as for `write_annotations`.
        progress: called with the number of frames written, and of all.

    Raises:
        DataError: a frame cannot be read, or the disk is full.
    """
    path = free_path(folder / f"{clean_name(video.source.name)}_results.mp4", ".mp4")
    writer = OverlayVideo(path, video.source.frames_per_second)
    with writer:
        for index in range(len(video.frames)):
            writer.add(index, video.frames[index], records.results(index))
            progress(index + 1, len(video.frames))
    return writer.path


def describe_video(video: OpenVideo) -> Video:
    """What formats may know about a video: no folders of the server."""
    width, height = video.size
    source = video.source
    files = tuple(file.name for file in source.files) if isinstance(source, FrameFiles) else ()
    return Video(source.name, (height, width), len(video.frames), files)
