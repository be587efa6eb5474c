"""Converts one format to another, frame by frame, with facts from the video that a format does not hold."""

import dataclasses
import os
import pathlib

import numpy as np

from libs.media.annotations.format import Format, open_writer
from libs.media.annotations.record import Recording, Video
from libs.media.excerpt import Excerpt
from libs.media.frame_files import FrameFiles
from libs.media.source import Source, readable_frames


@dataclasses.dataclass(frozen=True)
class Written:
    """How much was written: frames, objects, and objects in frames."""

    frames: int
    objects: int
    records: int


def describe_source(source: Source, whole: bool = False) -> Video:
    """What a video's first frame and file names tell about it.

    Args:
        source: the video.
        whole: whether to count all files of the video when the source is an excerpt, not only those of the part.

    Raises:
        DataError: the first frame cannot be read or, for an excerpt, no frame of the whole video can.
    """
    part = source if isinstance(source, Excerpt) else None
    image = _first_image(source) if part is None else _any_image(part.source)
    of = source if part is None else part.source
    files = of.files if isinstance(of, FrameFiles) else []
    folder = files[0].resolve().parent if files else None
    indices = range(len(files)) if part is None or whole else part.indices(len(files))
    names = tuple(files[index].name for index in indices)
    return Video(source.name, image.shape[:2], len(names) or None, names, folder)


def _first_image(source: Source) -> np.ndarray:
    image = next(iter(readable_frames(source))).image
    assert image is not None
    return image


def _any_image(source: Source) -> np.ndarray:
    """The first readable frame, whose size all share; reading it loses nothing: a video file keeps its first frame."""
    images = (frame.image for frame in source if frame.image is not None)
    image = next(images, None)
    return _first_image(source) if image is None else image


def convert(recording: Recording, form: Format, target: str | os.PathLike, video: Video | None = None) -> Written:
    """Write a recording in a format.

    Args:
        recording: from `read_annotations`.
        form: the format to write.
        target: file or folder that does not exist yet.
        video: the video that the frames belong to; None: what the recording says.

    Raises:
        SettingsError: the target exists. DataError: the recording cannot be read, or not be written in the format.
    """
    numbers: set[int] = set()
    frames = records = 0
    with open_writer(form, target, video or describe_recording(recording)) as add:
        for frame in recording.frames(video):
            add(frame)
            numbers |= {each.number for each in frame.objects}
            frames, records = frames + 1, records + len(frame.objects)
    return Written(frames, len(numbers), records)


def describe_recording(recording: Recording) -> Video:
    """What a recording says of its video, with the file names if every frame has one and none is left out."""
    placed = recording.placed()
    names = [entry.file or (f"{entry.name}.jpg" if entry.name else "") for entry in placed.values()]
    if not all(names) or list(placed) != list(range(len(placed))):
        return recording.video
    return dataclasses.replace(recording.video, files=tuple(pathlib.PurePath(name).name for name in names))
