"""Results from machines that do not share a folder: files go through the store of the run to rank 0."""

import pathlib
from collections.abc import Sequence

from torch.distributed import Store  # pyright: ignore[reportPrivateImportUsage]

from libs.media.files import whole_or_absent
from pytracking.evaluation.job_queue import reaching

CHUNK = 2**20
"""Most bytes in one piece."""

Sent = list[tuple[int, int]]
"""(index of a file, number of its pieces)."""


def send_files(store: Store, sender: str, files: Sequence[pathlib.Path]) -> Sent:
    """Put the existing files into the store, and delete them here.

    Args:
        store: of the run.
        sender: text that is unique to this call.
        files: of a job.
    """
    sent = []
    for index, file in enumerate(files):
        if not file.is_file():
            continue
        content = file.read_bytes()
        pieces = [content[start : start + CHUNK] for start in range(0, max(len(content), 1), CHUNK)]
        for number, piece in enumerate(pieces):
            with reaching():
                # Its declaration says text; it takes bytes.
                store.set(f"file/{sender}/{index}/{number}", piece)  # pyright: ignore[reportArgumentType]
        sent.append((index, len(pieces)))
        file.unlink()
    return sent


def receive_files(store: Store, sender: str, sent: Sent, files: Sequence[pathlib.Path]) -> None:
    """Write what was sent, by index, so that no name comes from another machine. Raises DataError on failure.

    Args:
        store, sender: as for `send_files`.
        sent: what `send_files` returned.
        files: of the same job, on this machine.
    """
    for index, pieces in sent:
        keys = [f"file/{sender}/{index}/{number}" for number in range(pieces)]
        with reaching():
            content = b"".join(store.get(key) for key in keys)
        with whole_or_absent(files[index]) as draft:
            draft.write_bytes(content)
        with reaching():
            for key in keys:
                store.delete_key(key)
