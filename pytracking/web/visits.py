"""The page's users: each has a folder, possibly a workspace, and pages that listen for changes."""

import asyncio
import ctypes
import dataclasses
import gc
import os
import pathlib
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from libs.utils.errors import SettingsError
from pytracking.tracker.base.basetracker import BaseTracker
from pytracking.tracker.base.together import copy_tracker
from pytracking.web.limits import Limits
from pytracking.web.opening import open_video
from pytracking.web.places import Place
from pytracking.web.turns import Turns
from pytracking.web.workspace import Workspace


class Listener:
    """A page that listens for changes; changes that arrive faster than it reads them are merged."""

    def __init__(self) -> None:
        self.frames: set[int] = set()
        self.event = asyncio.Event()

    def wake(self, frames: set[int]) -> None:
        """Frames, perhaps none, have changed."""
        self.frames |= frames
        self.event.set()


@dataclasses.dataclass
class Visit:
    """One browser's session.

    Attributes:
        id: cannot be guessed.
        folder: its own, deleted when it ends.
        uploads: folder of the uploads; in `folder`, unless uploads are kept.
        workspace: of the open video, or None.
        uploaded: bytes.
        active: time of the last activity, from `time.monotonic`.
        listeners: the open pages.
        alone_since: when the last page went; None while there is one.
        left: whether the browser said that it closed the page.
        busy: what is being written, and its progress; empty if nothing is.
    """

    id: str
    folder: pathlib.Path
    uploads: pathlib.Path
    workspace: Workspace | None = None
    uploaded: int = 0
    active: float = dataclasses.field(default_factory=time.monotonic)
    listeners: set[Listener] = dataclasses.field(default_factory=set)
    alone_since: float | None = dataclasses.field(default_factory=time.monotonic)
    left: bool = False
    busy: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def made(self) -> pathlib.Path:
        """Folder of what is taken away."""
        return self.folder / "made"

    def work(self) -> Workspace:
        """The workspace. Raises SettingsError if no video is open."""
        if self.workspace is None:
            raise SettingsError("no video is open: open one first")
        return self.workspace


class Visits:
    """All sessions over one network.

    Args:
        tracker: built; each session has a copy, and all share its networks.
        limits: on what they may take.
        turns: does their tracking.
        keep: folder where uploads stay, in a folder for each session; None to delete them with their session.
    """

    def __init__(self, tracker: BaseTracker, limits: Limits, turns: Turns, keep: pathlib.Path | None = None) -> None:
        self.limits, self.turns = limits, turns
        self._tracker, self._keep = tracker, keep
        self._known: dict[str, Visit] = {}
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="dmb-web-"))
        self._loop: asyncio.AbstractEventLoop | None = None

    def __iter__(self) -> Iterator[Visit]:
        return iter(list(self._known.values()))

    def __len__(self) -> int:
        return len(self._known)

    def begin(self) -> Visit:
        """A new session. Raises SettingsError if there are too many."""
        self._loop = asyncio.get_running_loop()
        self.limits.check_sessions(len(self._known))
        name = secrets.token_urlsafe(24)
        own = secrets.token_hex(8)
        folder = self._folder / own
        visit = Visit(name, folder, folder / "uploads" if self._keep is None else self._keep / own)
        for folder in (visit.uploads, visit.made, visit.folder / "memories"):
            folder.mkdir(parents=True)
        self._known[name] = visit
        return visit

    def find(self, name: str) -> Visit | None:
        """The session with an id; None if there is none, or it has ended."""
        visit = self._known.get(name)
        if visit is not None:
            visit.active = time.monotonic()
        return visit

    def own_tracker(self) -> BaseTracker:
        """A copy of the tracker, sharing its networks."""
        return copy_tracker(self._tracker)

    def open(self, visit: Visit, path: pathlib.Path, place: Place) -> None:
        """Open a video in a session instead of the current one. Called in a turn; raises as `open_video`."""
        video = open_video(path, place, self.limits)
        if visit.workspace is not None:
            visit.workspace.close()
        folder = visit.folder / "memories" / secrets.token_hex(4)
        folder.mkdir()

        def notify(frames: set[int]) -> None:
            self.notify(visit, frames)

        visit.workspace = Workspace(self.own_tracker(), video, self.limits.objects, folder, notify)

    def notify(self, visit: Visit, frames: set[int]) -> None:
        """Tell a session's pages, from any thread, that frames have changed, or something else has."""
        visit.active = time.monotonic()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_wake, visit, set(frames))

    async def end(self, visit: Visit) -> None:
        """End a session: its run, its memory and its files."""
        self._known.pop(visit.id, None)
        workspace, visit.workspace = visit.workspace, None
        _wake(visit, set())
        if workspace is not None:
            workspace.stop()
            await asyncio.wrap_future(self.turns.do(workspace.close))
            del workspace
            # In a separate turn, because the previous one holds the workspace until it is over.
            await asyncio.wrap_future(self.turns.do(give_back_memory))
        await asyncio.to_thread(shutil.rmtree, visit.folder, True)

    async def look_after(self, seconds: float) -> None:
        """Regularly end the sessions that nobody uses and the runs that nobody sees. Never returns."""
        while True:
            await asyncio.sleep(seconds)
            # Not in a loop of its own here, whose variables would keep the last session in memory.
            await asyncio.gather(*map(self._look_at, self))

    async def _look_at(self, visit: Visit) -> None:
        now = time.monotonic()
        alone = visit.alone_since is not None and now - visit.alone_since > self.limits.grace
        if alone and visit.workspace is not None:
            visit.workspace.stop()
        if now - visit.active > 60 * self.limits.idle or (alone and visit.left):
            await self.end(visit)

    def close(self) -> None:
        """Stop all runs, and delete all files."""
        for visit in self:
            if visit.workspace is not None:
                visit.workspace.close()
        self._known.clear()
        shutil.rmtree(self._folder, ignore_errors=True)


def give_back_memory() -> None:
    """Return to the system what a session had: trackers hold themselves, and glibc keeps their blocks for later."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)


def _wake(visit: Visit, frames: set[int]) -> None:
    for listener in visit.listeners:
        listener.wake(frames)
