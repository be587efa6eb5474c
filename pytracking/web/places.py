"""The files that the page may read and write: below the root, and in a session's own folder."""

import os
import pathlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from libs.media.frame_lists import IMAGE_SUFFIXES, natural_order
from libs.utils.errors import SettingsError

LONGEST_NAME = 100
VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".ogv", ".3gp", ".gif"}
)
"""Most files in a listing."""
MOST_LISTED = 2000


def clean_name(text: str) -> str:
    """A file name that is safe anywhere: no folders, no control characters, no leading dots, not too long."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", text)[-1])
    name = "".join(each if each.isalnum() or each in "._- ()" else "_" for each in name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: LONGEST_NAME - 12]}{dot}{ending[:10]}" if stem else name[:LONGEST_NAME] or "video"


def clean_label(text: str) -> str:
    """An object's name in one line of at most 60 characters."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:60]


class Place:
    """A folder that may be read, while nothing outside of it can be reached by any path or link.

    Args:
        folder: an existing one.
    """

    def __init__(self, folder: str | os.PathLike) -> None:
        self.folder = pathlib.Path(folder).expanduser().resolve()

    def find(self, text: str) -> pathlib.Path:
        """The file or folder at a path relative to the folder, with links resolved.

        Raises:
            SettingsError: it does not exist, or is outside.
        """
        try:
            path = (self.folder / text.lstrip("/\\")).resolve(strict=True)
        # Invalid paths, and loops of links.
        except (OSError, ValueError, RuntimeError) as error:
            raise SettingsError(f"there is no {clean_name(text)} in the folder that this page may read") from error
        self.check(path)
        return path

    def check(self, path: pathlib.Path) -> None:
        """Raise SettingsError if a path leads outside."""
        if not path.resolve().is_relative_to(self.folder):
            raise SettingsError(
                f"{clean_name(path.name)} is outside of the folder that this page may read; whoever started it says "
                "which that is, by --root"
            )

    def entries(self, text: str) -> list[dict[str, Any]]:
        """What can be opened in a folder: the names of folders and videos, and whether it has images.

        Raises:
            SettingsError: there is no such folder.
        """
        folder = self.find(text)
        if not folder.is_dir():
            raise SettingsError(f"{clean_name(text)} is no folder")
        found = sorted(self._entries(folder), key=lambda each: (each["kind"] != "folder", natural_order(each["name"])))
        return found[:MOST_LISTED]

    def _entries(self, folder: pathlib.Path) -> Iterator[dict[str, Any]]:
        with os.scandir(folder) as entries:
            for entry in entries:
                inside = pathlib.Path(entry.path).resolve().is_relative_to(self.folder)
                if entry.name.startswith(".") or not inside:
                    continue
                ending = pathlib.PurePath(entry.name).suffix.lower()
                if entry.is_dir():
                    yield {"name": entry.name, "kind": "folder"}
                elif ending in VIDEO_SUFFIXES or ending in IMAGE_SUFFIXES:
                    yield {"name": entry.name, "kind": "video" if ending in VIDEO_SUFFIXES else "image"}
