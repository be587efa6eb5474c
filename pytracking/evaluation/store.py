"""The one results store: a folder with a manifest, a lock and a record of what is finished, for every protocol.

<folder>/manifest.json    what the results were made with
<folder>/finished.jsonl   a line for each job that is finished: its key, and the files it wrote
<folder>/.lock            while a run writes

Nothing is deleted but files that the record names, and those that are to be rewritten.
"""

import contextlib
import json
import pathlib
from collections.abc import Iterator, Mapping

from libs.media.files import explain_writing, sole_writer, write_text
from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.manifest import FILE as MANIFEST
from pytracking.evaluation.manifest import Manifest, differences, join, notices, read_manifest, write_manifest
from pytracking.evaluation.protocol import Job

RECORD = "finished.jsonl"

Record = dict[str, list[str]]
"""Key of a job -> the files it wrote, relative to the folder."""


class ResultsStore:
    """The results in a folder, for one run at a time; see `open_store`."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self._record: Record = {}

    def claim(
        self, manifest: Manifest, jobs: list[Job], earlier: Mapping[str, list[pathlib.Path]], force: bool
    ) -> None:
        """Make sure that the results there were made as the coming run will make its own, and write the manifest.

        Args:
            manifest: of the coming run.
            jobs: that it consists of.
            earlier: job's key -> files, of results that a version without a record wrote.
            force: delete the results of these jobs, and all of them if they were made otherwise.

        Raises:
            SettingsError: they were made otherwise and `force` is not set; the message names the differences.
            DataError: the manifest there is damaged, and `force` is not set.
        """
        old = self._old_manifest(force)
        self._record = self._read_record(earlier)
        same = old is not None and not differences(old, manifest)
        if force:
            self._discard([job.key for job in jobs] if same else list(self._record))
            for file in (file for job in jobs for file in job.begun):
                file.unlink()
        else:
            self._check_origin(old, manifest, jobs)
        write_manifest(self.folder, join(old, manifest) if old is not None and same else manifest)
        self._write_record()

    def is_finished(self, job: Job) -> bool:
        """Whether a job is on record, and its files are there."""
        return job.key in self._record and all(file.is_file() for file in job.files)

    def finish(self, job: Job) -> None:
        """Put a job on record whose files are written."""
        files = [file.relative_to(self.folder).as_posix() for file in (*job.files, *job.extras) if file.is_file()]
        self._record[job.key] = files
        path = self.folder / RECORD
        with explain_writing(path), path.open("a", encoding="utf-8") as stream:
            stream.write(_line(job.key, files))

    def _old_manifest(self, force: bool) -> Manifest | None:
        try:
            return read_manifest(self.folder)
        except DataError:
            if not force:
                raise
            return None

    def _check_origin(self, old: Manifest | None, manifest: Manifest, jobs: list[Job]) -> None:
        if old is not None:
            self._refuse(differences(old, manifest))
            for notice in notices(old, manifest):
                print(f"note: earlier results were made with another {notice}")
        # What a run that was killed has written is its own; what no run here has claimed is somebody else's.
        claimed = old["sequences"] if old is not None else {}
        strange = [file for job in jobs if not claimed.keys() >= set(job.sequences) for file in job.begun]
        if strange:
            name = strange[-1].name
            self._refuse([f"it has no {MANIFEST}" if old is None else f"no run that {MANIFEST} tells of wrote {name}"])

    def _refuse(self, reasons: list[str]) -> None:
        if reasons:
            raise SettingsError(
                f"the results in {self.folder} were made otherwise: {'; '.join(reasons)}. Give another --name, or "
                "--force to throw them away"
            )

    def _discard(self, keys: list[str]) -> None:
        for key in keys:
            for name in self._record.pop(key, []):
                file = self.folder / name
                # The record may be a stranger's.
                if file.resolve().is_relative_to(self.folder.resolve()):
                    file.unlink(missing_ok=True)
                    with contextlib.suppress(OSError):
                        file.parent.rmdir()

    def _read_record(self, earlier: Mapping[str, list[pathlib.Path]]) -> Record:
        path = self.folder / RECORD
        if not path.is_file():
            # Results of earlier versions have a manifest at most.
            known = earlier if (self.folder / MANIFEST).is_file() else {}
            return {key: [file.relative_to(self.folder).as_posix() for file in files] for key, files in known.items()}
        record: Record = {}
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            # A line that a dying machine left unfinished tells of nothing.
            with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
                entry = json.loads(line)
                record[str(entry["job"])] = [str(name) for name in entry["files"]]
        return record

    def _write_record(self) -> None:
        write_text(self.folder / RECORD, "".join(_line(key, files) for key, files in self._record.items()))


@contextlib.contextmanager
def open_store(folder: pathlib.Path) -> Iterator[ResultsStore]:
    """Context in which this process alone writes into a folder of results, which is made if absent.

    Raises:
        SettingsError: another process is writing there. DataError: the folder cannot be written.
    """
    with sole_writer(folder):
        yield ResultsStore(pathlib.Path(folder))


def _line(key: str, files: list[str]) -> str:
    return json.dumps({"job": key, "files": files}) + "\n"
