"""Results in the formats of other tools, made from the stored ones, so that a continued run loses nothing."""

import pathlib
from collections.abc import Iterable, Sequence

import numpy as np

from libs.dataset.object_sequences import Video
from libs.media.annotations.conversion import convert
from libs.media.annotations.format import Format
from libs.media.annotations.formats.results_folder import ResultsFolder, Track, read_scores, record_tracks
from libs.media.annotations.record import Recording
from libs.media.annotations.record import Video as VideoInfo
from libs.media.annotations.registry import find_format
from libs.media.files import free_path
from libs.media.regions import read_boxes
from libs.utils.errors import SettingsError
from pytracking.evaluation.one_pass import OnePass, score_files
from pytracking.evaluation.protocol import Job, Protocol


def check_formats(names: Iterable[str], protocol: Protocol | None = None) -> None:
    """Check that formats with these names exist, before a run takes hours.

    Args:
        names: of the formats.
        protocol: whose results will be written in them; None for those of one video.

    Raises:
        SettingsError: a format does not exist, or the results of that protocol are not videos.
    """
    for name in names:
        find_format(name)
        if protocol is not None and not isinstance(protocol, OnePass):
            raise SettingsError("--format is for runs once through each video: --protocol ope or vos")


def export_folder(folder: pathlib.Path, names: Sequence[str], video: VideoInfo) -> None:
    """Write one video's results in formats, to `<format>.<ending>` in their folder; existing files are kept.

    Args:
        folder: of the results.
        names: of the formats.
        video: whose frames they are.

    Raises:
        DataError: a format cannot hold the results, or a file cannot be written.
    """
    recording: Recording | None = None
    for form in map(find_format, names):
        target = folder / f"{form.name}{form.ending}"
        if target.exists():
            print(f"kept: {target}")
        else:
            recording = recording or ResultsFolder().read(folder, video)
            _export(recording, form, target, video)


def export_jobs(protocol: OnePass, jobs: Sequence[Job], run: Sequence[Job], names: Sequence[str]) -> None:
    """Write the results of videos in formats, to `<format>/<video>.<ending>` next to them.

    Args:
        protocol: with which they were run.
        jobs: the finished ones.
        run: the jobs whose results are new; files of the others are kept.
        names: of the formats.

    Raises:
        DataError: a format cannot hold the results, or a file is missing, damaged or cannot be written.
    """
    new = {job.key for job in run}
    forms = [find_format(name) for name in names]
    for job in jobs:
        folder = job.files[0].parent
        read: tuple[Recording, VideoInfo] | None = None
        for form in forms:
            target = folder / form.name / f"{job.name}{form.ending}"
            if job.key in new or not target.exists():
                recording, video = read = read or _read_job(protocol, job.task, folder)
                _export(recording, form, free_path(target, form.ending), video)


def _export(recording: Recording, form: Format, target: pathlib.Path, video: VideoInfo) -> None:
    convert(recording, form, target, video)
    print(f"written: {target}")


def _describe(video: Video) -> VideoInfo:
    return VideoInfo(video.name, video.frame(0).shape[:2], len(video), tuple(f"{name}.jpg" for name in video.names))


def _read_job(protocol: OnePass, video: Video, folder: pathlib.Path) -> tuple[Recording, VideoInfo]:
    """The stored results of a video, and its frames. Raises DataError if a file is missing or damaged."""
    about, tracks = _describe(video), {}
    for (number, (sequence, first)), scores in zip(video.objects.items(), score_files(video, folder), strict=True):
        boxes = read_boxes(folder / f"{sequence.name}.txt", protocol.first_pixel(sequence))
        certain = [(None, None)] * first + read_scores(scores) if scores.is_file() else []
        tracks[number] = Track(np.concatenate([np.full((first, 4), np.nan), boxes]), (), certain)
    return record_tracks(f"{folder}, {video.name}", tracks, folder / video.name, about), about
