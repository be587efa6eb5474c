"""`trackers.ini`, by which the VOT toolkit finds and starts trackers."""

import configparser
import io
import pathlib
import re
import shlex
import sys

from libs.media.files import write_text
from libs.media.text import read_text
from libs.utils.errors import DataError
from pytracking.evaluation.tracker import Tracker

# Seconds that the toolkit waits for an answer: building a network and the first frame on a slow machine included.
TIMEOUT = 300
FILE = "trackers.ini"


def register_tracker(file: str | pathlib.Path, client: str | pathlib.Path, tracker: Tracker, region: str) -> str:
    """Write a tracker into a `trackers.ini`, in place of one of its name; all else in the file stays as it is.

    Args:
        file: the file, made if absent.
        client: path of `run_vot.py`.
        tracker: that is written.
        region: what the tracker reports; see `run_vot.py`.

    Returns:
        The name by which the toolkit knows the tracker.

    Raises:
        DataError: the file is there and malformed, or cannot be written.
    """
    file = pathlib.Path(file)
    try:
        text = read_text(file) if file.is_file() else ""
        configparser.ConfigParser().read_string(text)
    except (configparser.Error, UnicodeError, OSError) as error:
        raise DataError(f"{file} is no trackers.ini ({error}); repair or remove it") from error
    # The toolkit allows nothing else in a name.
    identifier = re.sub(r"[^a-zA-Z0-9_-]", "_", tracker.results_name)
    # Whole paths, because the toolkit starts trackers in a folder of its own.
    command = [sys.executable, str(pathlib.Path(client).resolve()), *tracker.arguments()]
    entry = configparser.ConfigParser()
    entry[identifier] = {
        "label": tracker.results_name.replace("%", "%%"),
        "protocol": "trax",
        "command": shlex.join([*command, "--region", region]).replace("%", "%%"),
        "timeout": str(TIMEOUT),
    }
    stream = io.StringIO()
    entry.write(stream)
    write_text(file, _replace_section(text, identifier, stream.getvalue()))
    return identifier


def _replace_section(text: str, name: str, section: str) -> str:
    """The text of a file with a section in place of the one of its name, or behind all others."""
    lines = text.splitlines(keepends=True)
    headers = [index for index, line in enumerate(lines) if line.startswith("[")]
    start = next((index for index in headers if lines[index].startswith(f"[{name}]")), len(lines))
    end = next((index for index in headers if index > start), len(lines))
    # What is said above the next section belongs to that.
    while end > start + 1 and lines[end - 1].startswith(("#", ";", "\n")):
        end -= 1
    before = "".join(lines[:start])
    gap = "" if not before or before.endswith("\n\n") else "\n" if before.endswith("\n") else "\n\n"
    return before + gap + section + "".join(lines[end:]).lstrip("\n")
