"""`trackers.ini`, by which the VOT toolkit finds and starts trackers."""

import configparser
import pathlib
import re
import shlex
import sys

from libs.media.files import whole_or_absent
from libs.utils.errors import DataError

# Seconds that the toolkit waits for an answer: building a network and the first frame on a slow machine included.
TIMEOUT = 300
FILE = "trackers.ini"


def register_tracker(file, client, tracker, region):
    """Write a tracker into a `trackers.ini`, beside or in place of what stands there; other trackers stay.

    Args:
        file: the file, made if absent.
        client: path of `run_vot.py`.
        tracker: `pytracking.evaluation.tracker.Tracker`.
        region: what the tracker reports; see `run_vot.py`.

    Returns:
        The name by which the toolkit knows the tracker.

    Raises:
        DataError: the file is there and malformed, or cannot be written.
    """
    file = pathlib.Path(file)
    registry = configparser.ConfigParser()
    try:
        registry.read(file, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise DataError(f"{file} is no trackers.ini ({error}); repair or remove it") from error
    # The toolkit allows nothing else in a name.
    identifier = re.sub(r"[^a-zA-Z0-9_-]", "_", tracker.results_name)
    # Whole paths, because the toolkit starts trackers in a folder of its own.
    command = [sys.executable, str(pathlib.Path(client).resolve()), *tracker.arguments()]
    registry[identifier] = {
        "label": tracker.results_name.replace("%", "%%"),
        "protocol": "trax",
        "command": shlex.join([*command, "--region", region]).replace("%", "%%"),
        "timeout": str(TIMEOUT),
    }
    with whole_or_absent(file) as draft, draft.open("w", encoding="utf-8") as stream:
        registry.write(stream)
    return identifier
