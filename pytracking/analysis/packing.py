"""Results packed for the servers that keep the ground truth: GOT-10k test, TrackingNet, YouTube-VOS.

The same results give the same file, byte for byte.
"""

import dataclasses
import os
import pathlib
import zipfile
from collections.abc import Callable, Iterator

import numpy as np

from libs.dataset.sequence import Sequence
from libs.media.files import whole_or_absent
from libs.media.masks import encode_mask
from libs.media.regions import format_region
from libs.media.text import read_lines
from libs.utils.errors import DataError, SettingsError
from pytracking.analysis.masks import read_result_labels, videos_with_masks
from pytracking.analysis.result_files import box_file, read_result, time_file

EPOCH = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16
Members = Iterator[tuple[str, bytes]]


@dataclasses.dataclass(frozen=True)
class Server:
    """What a server takes.

    Attributes:
        dataset: name of the dataset, as for `get_dataset`.
        members: function of (sequences, runs) that yields (name in the archive, bytes).
        layout: how the archive looks, for the command's help.
    """

    dataset: str
    members: Callable[[list[Sequence], list[pathlib.Path]], Members]
    layout: str


def pack(path: str | pathlib.Path, server: str, sequences: list[Sequence], runs: list[pathlib.Path]) -> None:
    """Write the archive for a server.

    Args:
        path: of the .zip; one that exists is replaced, any other file is kept.
        server: a key of `SERVERS`.
        sequences: all of the dataset's, list of `Sequence`.
        runs: folders of one tracker's results; GOT-10k takes several runs, the others the first.

    Raises:
        SettingsError: there is a file that is no .zip, such as one of the results.
        DataError: a sequence is not finished, or a result is malformed, or the file cannot be written.
    """
    if os.path.lexists(path) and not zipfile.is_zipfile(path):
        raise SettingsError(f"{path} is there, and is no .zip: give another --output")
    _check_finished(sequences, runs)
    with whole_or_absent(path) as draft, zipfile.ZipFile(draft, "w") as archive:
        for name, content in SERVERS[server].members(sequences, runs):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def _got10k_members(sequences: list[Sequence], runs: list[pathlib.Path]) -> Members:
    for sequence in sequences:
        for number, run in enumerate(runs, start=1):
            yield f"{sequence.name}/{sequence.name}_{number:03d}.txt", _box_lines(run, sequence)
        seconds = np.stack([_read_seconds(run, sequence) for run in runs], axis=1)
        lines = [",".join(f"{value:.6f}" for value in row) for row in seconds]
        yield f"{sequence.name}/{sequence.name}_time.txt", "".join(f"{line}\n" for line in lines).encode()


def _trackingnet_members(sequences: list[Sequence], runs: list[pathlib.Path]) -> Members:
    for sequence in sequences:
        yield f"{sequence.name}.txt", _box_lines(runs[0], sequence)


def _youtube_vos_members(sequences: list[Sequence], runs: list[pathlib.Path]) -> Members:
    for video in videos_with_masks(sequences):
        for index, name in enumerate(video.names):
            if not video.counts(name):
                continue
            yield f"Annotations/{video.name}/{name}.png", encode_mask(read_result_labels(runs[0], video, index))


SERVERS = {
    "got10k": Server("got10k_test", _got10k_members, "<seq>/<seq>_001.txt (x,y,w,h), <seq>/<seq>_time.txt"),
    "trackingnet": Server("trackingnet", _trackingnet_members, "<seq>.txt (x,y,w,h)"),
    "youtubevos": Server("youtubevos_valid", _youtube_vos_members, "Annotations/<video>/<frame>.png (indexed)"),
}


def _box_lines(run: pathlib.Path, sequence: Sequence) -> bytes:
    boxes = read_result(run, sequence, exact=True)
    if not np.isfinite(boxes).all():
        frame = int(np.flatnonzero(~np.isfinite(boxes).all(axis=1))[0])
        raise DataError(f"{box_file(run, sequence)}, line {frame + 1}: no box; the server wants one in every frame")
    lines = [format_region(box, ",", sequence.convention.first_pixel) for box in boxes]
    return "".join(f"{line}\n" for line in lines).encode()


def _read_seconds(run: pathlib.Path, sequence: Sequence) -> np.ndarray:
    """(T,) seconds that the tracker took in each frame."""
    path = time_file(run, sequence)
    lines = read_lines(path, "the seconds of each frame, a line a frame")
    try:
        seconds = np.array([float(line) for line in lines])
    except ValueError as error:
        raise DataError(f"{path}: {error}; delete this file and the boxes beside it, and run again") from error
    if len(seconds) != len(sequence):
        raise DataError(f"{path} has {len(seconds)} lines but the sequence has {len(sequence)} frames; run it again")
    return seconds


def _check_finished(sequences: list[Sequence], runs: list[pathlib.Path]) -> None:
    for run in runs:
        missing = [sequence.name for sequence in sequences if not box_file(run, sequence).is_file()]
        if missing:
            raise DataError(
                f"{run} lacks {len(missing)} of {len(sequences)} sequences ({missing[0]}, ...): finish them with "
                "pytracking/run_tracker.py, the server wants all"
            )
