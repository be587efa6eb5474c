"""Results on disk, by the tracker's name: `<results>/<tracker>/<param>[_NNN]/<seq>.txt`."""

import pathlib

from libs.dataset.names import check_name
from libs.media.regions import read_boxes
from libs.utils.errors import DataError, SettingsError


def find_runs(root, tracker):
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


def box_file(run, sequence):
    """Path of the boxes of a sequence in the folder of a run."""
    return run / f"{sequence.name}.txt"


def time_file(run, sequence):
    """Path of the seconds that each frame of a sequence took."""
    return run / f"{sequence.name}_time.txt"


def read_result(run, sequence):
    """(T, 4) boxes that a tracker reported, NaN where it reported none.

    Raises:
        DataError: the file is missing or malformed, or has not one line a frame.
    """
    path = box_file(run, sequence)
    boxes = read_boxes(path)
    if len(boxes) != len(sequence):
        raise DataError(
            f"{path} has {len(boxes)} boxes but the sequence has {len(sequence)} frames; delete the file and run "
            "again, or give the dataset that it was made on"
        )
    return boxes
