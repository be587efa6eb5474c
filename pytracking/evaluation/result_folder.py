"""A folder of a video's results, in which the same run continues; any other run gets a folder of its own."""

import contextlib
import io
import logging
import os
import pathlib
from collections.abc import Iterable

import numpy as np

from libs.media.annotations.formats.results_folder import ABSENT, KINDS, MASKS, TEXT, Lines, lines_of
from libs.media.files import create_file, explain_writing, numbered_paths, sole_writer
from libs.media.masks import encode_mask
from libs.utils.errors import DataError
from pytracking.evaluation.manifest import FILE as MANIFEST
from pytracking.evaluation.manifest import Manifest, notices, read_manifest, write_manifest
from pytracking.evaluation.output import label_mask
from pytracking.evaluation.video_manifest import other_results
from pytracking.tracker.base.result import Result, Results


class ResultFolder(contextlib.ExitStack):
    """Results of a video, whole on disk up to the last frame before the next one is followed. A context manager.

    The files are those of `libs.media.annotations.formats.results_folder`, with a line for every frame.
    `manifest.json` says what they were made with, and once the video is finished, of how many frames.

    A run whose results are there continues them: finished frames stay, and new ones are appended. What another
    run made, or nobody here, is kept: then the folder is the first of `<folder>_2`, `<folder>_3`, ... that is free, or
    this run's own.

    Args:
        folder: where to write; it is made with the first frame.
        manifest: of the run; see `video_manifest.describe_video`.
        goes_on: whether the same command makes the same again, as it does not where a user selects, or of a camera.

    Attributes:
        path: of the folder where the results are.
        done: how many frames of a run before are there.
    """

    def __init__(self, folder: str | os.PathLike, manifest: Manifest, goes_on: bool = True) -> None:
        super().__init__()
        self._manifest = manifest
        self.path, self._before = _choose(pathlib.Path(folder), manifest, goes_on)
        self.done = _count_frames(self.path) if self._before else 0
        self._files: dict[int, list[io.FileIO]] = {}
        self._frames, self._is_open = 0, False

    def is_finished(self) -> bool:
        """Whether a run before came to the end of the video, and no frames have been added to that."""
        before = self._before or {}
        unchanged = before.get("expected_length") == self._manifest["expected_length"]
        return before.get("frames") == self.done > 0 and unchanged

    def add(self, index: int, image: np.ndarray, results: Results) -> None:
        """Append frame `index`, unless it is there, with its results, number -> Result.

        Raises:
            SettingsError: another process is writing there. DataError: it cannot be written, as on a full disk; the
            frames before it are kept.
        """
        if not self._is_open:
            self._open()
        if index == self.done - 1:
            self._compare(results)
        elif index >= self.done:
            self._append(index, image, results)
        self._frames = index + 1

    def go_back(self, index: int, before: Iterable[tuple[int, np.ndarray, Results]]) -> None:
        """See `output.Revisable`: the files are cut to the frames before."""
        with explain_writing(self.path):
            for frame in range(index, self._frames):
                self._mask(frame).unlink(missing_ok=True)
            self._drop(index, set())
        self._frames = index

    def finish(self) -> None:
        """Put on record that the video is finished; see `is_finished`."""
        if self._is_open:
            write_manifest(self.path, {**self._manifest, "frames": self._frames})

    def _open(self) -> None:
        self.enter_context(sole_writer(self.path))
        self._is_open = True
        if self._before:
            for notice in notices(self._before, self._manifest):
                print(f"note: the results in {self.path} were begun with another {notice}")
        write_manifest(self.path, self._manifest)
        with explain_writing(self.path):
            (self.path / MASKS).mkdir(exist_ok=True)
            if self._before:
                # Written before the lines of its frame, which are not there.
                self._mask(self.done).unlink(missing_ok=True)
            for number in _numbers(self.path) if self._before else ():
                self._open_object(number, self.done)
        if self.done:
            print(f"note: {self.done} frames are in {self.path}: they are followed again, and kept as they are")

    def _open_object(self, number: int, frames: int) -> None:
        """Open the files of an object, and bring them to the length of so many frames."""
        self._files[number] = []
        for kind, lost in zip(KINDS, ABSENT, strict=True):
            file = self.enter_context((self.path / f"{kind}_{number}.txt").open("a+b", buffering=0))
            self._files[number].append(file)
            _write(file, lost * max(0, frames - _cut(file, frames)))

    def _append(self, index: int, image: np.ndarray, results: Results) -> None:
        new = results.keys() - self._files.keys()
        has_mask = not results or any(result.mask is not None for result in results.values())
        kept = f"{index} frames are kept, and the same command continues after them"
        if has_mask:
            create_file(self._mask(index), encode_mask(label_mask(results, image.shape)), kept)
        with explain_writing(self.path, kept=kept):
            try:
                for number in sorted(new):
                    self._open_object(number, index)
                for number, files in self._files.items():
                    for file, line in zip(files, _lines(results.get(number)), strict=True):
                        _write(file, line)
            # A signal too leaves whole frames only.
            except BaseException:
                if has_mask:
                    self._mask(index).unlink()
                self._drop(index, new)
                raise

    def _drop(self, frames: int, new: set[int]) -> None:
        """Cut the files to so many frames, and delete those of new objects."""
        for number, files in list(self._files.items()):
            for file in files:
                _cut(file, frames)
                if number in new:
                    pathlib.Path(os.fsdecode(file.name)).unlink()
            if number in new:
                del self._files[number]

    def _compare(self, results: Results) -> None:
        """Warn if the last frame that is there has other boxes than were found now."""
        for number, files in self._files.items():
            files[0].seek(0)
            if files[0].readlines()[-1].decode() != _lines(results.get(number))[0]:
                logging.warning(
                    "%s: object %d is elsewhere in frame %d than this run finds it: the video, the device or a library "
                    "has changed, so that what follows may not fit; to make everything again, move that folder away",
                    *(self.path, number, self.done - 1),
                )
                return

    def _mask(self, index: int) -> pathlib.Path:
        return self.path / MASKS / f"{index:05d}.png"


def _choose(folder: pathlib.Path, manifest: Manifest, goes_on: bool) -> tuple[pathlib.Path, Manifest | None]:
    """The folder to write into, and the manifest of the run before with which to continue there."""
    kept = ""
    for candidate in numbered_paths(folder):
        if _is_free(candidate):
            before = None
            break
        before, problem = _read_before(candidate, manifest)
        if goes_on and before and not problem:
            break
        kept = kept or f"{candidate} holds {problem or 'those of a run before'}"
    if kept:
        print(f"note: of the results, {kept}; they are kept, and these go to {candidate}")
    return candidate, before


def _read_before(folder: pathlib.Path, manifest: Manifest) -> tuple[Manifest | None, str]:
    """The manifest in a folder, and whose results it tells of if they are not this run's."""
    try:
        before = read_manifest(folder)
    except DataError:
        before = None
    return before, other_results(before, manifest) if before else "some of unknown origin"


def _is_free(folder: pathlib.Path) -> bool:
    """Whether nothing there has a name that results have; other files may be there."""
    if not folder.is_dir():
        return not os.path.lexists(folder)
    return not any(os.path.lexists(folder / name) for name in (MANIFEST, MASKS)) and not _texts(folder)


def _texts(folder: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in sorted(folder.iterdir()) if TEXT.fullmatch(path.name)]


def _numbers(folder: pathlib.Path) -> set[int]:
    """Numbers of the objects that have files in a folder of results."""
    return {int(path.stem.rpartition("_")[2]) for path in _texts(folder)}


def _count_frames(folder: pathlib.Path) -> int:
    """How many frames of a run that ended anyhow are whole."""
    # An empty file is that of an object that was to begin when the run was killed.
    counts = [count for count in (path.read_bytes().count(b"\n") for path in _texts(folder)) if count]
    if counts:
        return min(counts)
    # Before the first object there are masks only, of which the last may not be whole.
    there = {path.name for path in (folder / MASKS).glob("*.png")}
    masks = next(index for index in range(len(there) + 1) if f"{index:05d}.png" not in there)
    return max(0, masks - 1)


def _lines(result: Result | None) -> Lines:
    """The lines of an object in a frame, of each kind."""
    return ABSENT if result is None else lines_of(result.box, result.polygon, result.score, result.state)


def _write(file: io.FileIO, text: str) -> None:
    """Write all of a text, where the system may take a part of it at a time."""
    data = text.encode()
    while data:
        data = data[file.write(data) or 0 :]


def _cut(file: io.FileIO, lines: int) -> int:
    """Cut a file behind so many lines, and what is no whole line. Returns how many it has."""
    file.seek(0)
    whole = [line for line in file.readlines() if line.endswith(b"\n")][:lines]
    file.truncate(sum(map(len, whole)))
    return len(whole)
