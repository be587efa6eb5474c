"""Results on disk, by the tracker's name: `<results>/<tracker>/<param>[_NNN]/<seq>.txt`."""

import pathlib
import warnings

import numpy as np

from libs.dataset.names import check_name
from libs.dataset.sequence import Sequence
from libs.media.regions import read_boxes
from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.manifest import FILE, read_manifest, recorded_first_pixel


def find_runs(root: pathlib.Path | str, tracker: str) -> list[pathlib.Path]:
    """The folders of a tracker's results.

    Args:
        root: folder of all results.
        tracker: `TRACKER/PARAM`, which also finds the repeated runs `PARAM_000`, `PARAM_001`, ... where there is no
            single run; or `TRACKER/PARAM_000`, one of them.

    Returns:
        list of paths, several for repeated runs.

    Raises:
        SettingsError: `tracker` has another form.
        DataError: there are no results (the message lists the trackers that have some).
    """
    name, _, parameters = tracker.partition("/")
    if not name or not parameters:
        raise SettingsError(f"tracker {tracker!r}: write TRACKER/PARAM, such as DMB/DMB_default_params")
    root = pathlib.Path(root)
    single = root / check_name(name, "tracker") / check_name(parameters, "tracker")
    if single.is_dir():
        return [single]
    runs = sorted(single.parent.glob(f"{single.name}_[0-9][0-9][0-9]"))
    if not runs:
        there = sorted(f"{path.parent.name}/{path.name}" for path in root.glob("*/*") if any(path.glob("*.txt")))
        raise DataError(f"{single} holds no results; {root} has those of {', '.join(there) or 'no tracker'}")
    return runs


def box_file(run: pathlib.Path, sequence: Sequence) -> pathlib.Path:
    """Path of the boxes of a sequence in the folder of a run."""
    return run / f"{sequence.name}.txt"


def time_file(run: pathlib.Path, sequence: Sequence) -> pathlib.Path:
    """Path of the seconds that each frame of a sequence took."""
    return run / f"{sequence.name}_time.txt"


def read_result(run: pathlib.Path, sequence: Sequence, exact: bool = False) -> np.ndarray:
    """(T, 4) boxes that a tracker reported, 0-based, NaN where it reported none.

    The file counts pixels as the manifest says, or, where none tells of it, as the files of the sequence's dataset do;
    the boxes that early versions of this project wrote count from 0, of which a warning tells. Published results often
    have a header, or a line more or less than there are frames: one too many is cut off, for one too few the last is
    repeated, with a warning.

    Args:
        run: folder of the results.
        sequence: that was tracked.
        exact: refuse any other number of lines.

    Raises:
        DataError: the file is missing or malformed, or has another number of lines.
    """
    path, frames = box_file(run, sequence), len(sequence)
    boxes = read_boxes(path, _first_pixel(run, sequence), header=True)
    if abs(len(boxes) - frames) > (not exact):
        raise DataError(
            f"{path} has {len(boxes)} boxes but the sequence has {frames} frames; delete the file and run again, or "
            "give the dataset that it was made on"
        )
    if len(boxes) != frames:
        how = "the last is cut off" if len(boxes) > frames else "the last is repeated"
        warnings.warn(f"{path} has {len(boxes)} boxes for {frames} frames: {how}", stacklevel=2)
    return np.concatenate([boxes, boxes[-1:]])[:frames]


def _first_pixel(run: pathlib.Path, sequence: Sequence) -> int:
    """What the file of a sequence's results calls the corner of the image, 0 or 1."""
    expected, manifest = sequence.convention.first_pixel, read_manifest(run)
    if manifest is None or sequence.name not in manifest["sequences"]:
        return expected
    recorded = recorded_first_pixel(manifest, sequence.name)
    if recorded is None and expected:
        # Without the sequence's name, so that Python shows it once for the folder.
        warnings.warn(
            f"{run / FILE} does not say from which number pixels are counted: an earlier version wrote these boxes, "
            "0-based, and they are read so. Others will take them for 1-based; run again with --force to write them so",
            stacklevel=2,
        )
    return recorded or 0
