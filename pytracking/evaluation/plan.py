"""What rank 0 tells the others before a run: what it is made with, what is to be done, and which folder to look for."""

import contextlib
import json
import pathlib
import secrets
import tempfile
import time
from collections.abc import Iterator

from torch.distributed import Store  # pyright: ignore[reportPrivateImportUsage]

from libs.media.files import explain_writing
from libs.utils.errors import SettingsError
from pytracking.evaluation.job_queue import POLL, StoreLostError, reaching
from pytracking.evaluation.manifest import Manifest, differences
from pytracking.evaluation.world import World

FAREWELL = 5.0
"""Seconds that rank 0 keeps the store for those that have not seen the end of the run yet."""


@contextlib.contextmanager
def publish_plan(
    store: Store, world: World, manifest: Manifest, keys: list[str], folder: pathlib.Path
) -> Iterator[None]:
    """Context of a run that this process leads; at its end the others have left, or are not waited for any more.

    Args:
        store: of the run.
        world: of the process.
        manifest: of the run.
        keys: of the jobs, in the order in which they are handed out.
        folder: of the results.
    """
    if world.size == 1:
        yield
        return
    # A name of its own: what lies in the same place on another machine's disk does not have it.
    token = pathlib.Path(folder) / f".run_{secrets.token_hex(8)}"
    with explain_writing(token):
        token.touch()
    try:
        plan = {"manifest": manifest, "keys": keys, "token": token.name}
        with reaching():
            store.set("plan", json.dumps(plan))
        yield
        end = time.monotonic() + FAREWELL
        while store.add("left", 0) < store.add("joined", 0) and time.monotonic() < end:
            time.sleep(POLL)
    finally:
        token.unlink(missing_ok=True)


@contextlib.contextmanager
def follow_plan(
    store: Store, world: World, manifest: Manifest, folder: pathlib.Path
) -> Iterator[tuple[list[str], pathlib.Path, bool]]:
    """Context of a run that another process leads.

    Args:
        store: of the run.
        world: of the process.
        manifest: of what this process would run.
        folder: of the results, if it is shared.

    Yields:
        keys of the jobs; the folder to write into, which is a temporary one where rank 0's is not seen from here; and
        whether files must be sent to rank 0.

    Raises:
        SettingsError: this process would run otherwise than rank 0.
        StoreLostError: rank 0 has ended.
    """
    with reaching():
        while not store.check(["plan"]):
            time.sleep(POLL)
        plan = json.loads(store.get("plan"))
    _check_same(plan["manifest"], manifest, world)
    with reaching():
        store.add("joined", 1)
    try:
        if (pathlib.Path(folder) / plan["token"]).is_file():
            yield plan["keys"], folder, False
            return
        with tempfile.TemporaryDirectory(prefix="dmb_") as temporary:
            yield plan["keys"], pathlib.Path(temporary), True
    finally:
        # Rank 0 may not have waited so long.
        with contextlib.suppress(StoreLostError), reaching():
            store.add("left", 1)


def _check_same(led: Manifest, own: Manifest, world: World) -> None:
    reasons = differences(led, own)
    others = sorted(led["sequences"].keys() ^ own["sequences"].keys())
    if others:
        where = "rank 0" if others[0] in led["sequences"] else f"rank {world.rank}"
        reasons.append(f"{len(others)} sequences that not both have, such as {others[0]} of {where}")
    if reasons:
        raise SettingsError(
            f"rank {world.rank} would not run what rank 0 runs (there) but something else (now): {'; '.join(reasons)}. "
            "Give all ranks the same command, code, checkpoint and dataset"
        )
