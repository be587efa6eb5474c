"""Session files of the page: those of `Session.save`, plus the results of all frames."""

import pathlib
from typing import Any

import numpy as np
import torch

from libs.media.annotations.format import open_writer
from libs.media.annotations.formats.json_lines import JSONLines
from libs.media.annotations.record import ObjectRecord, Video
from libs.media.files import free_path
from libs.utils.boxes import box_to_polygon
from libs.utils.errors import CheckpointError, SettingsError
from pytracking.evaluation.limits import check_count
from pytracking.session import Session
from pytracking.session_file import read_session
from pytracking.tracker.base.basetracker import BaseTracker
from pytracking.tracker.base.result import Result
from pytracking.web.places import clean_label, clean_name
from pytracking.web.takeaway import describe_video
from pytracking.web.workspace import Saved, Workspace

PAGE = "page"


def save_workspace(workspace: Workspace, folder: pathlib.Path) -> pathlib.Path:
    """Write a session file. Returns it.

    Raises:
        SettingsError: there are no results yet, or the tracker cannot be saved. DataError: the disk is full.
    """
    records, moving = workspace.records, workspace.moving
    shown = records.shown_frames()
    if not shown:
        raise SettingsError("there is nothing to save yet: draw an object")
    at = moving.prepare(shown[-1])
    about = describe_video(workspace.video)
    draft = free_path(folder / "records.jsonl", ".jsonl")
    with open_writer(JSONLines(), draft, about) as add:
        for index in sorted(records.rows):
            add(records.frame_record(index))
    page = {
        "video": about.name,
        "size": list(about.size or ()),
        "length": about.length,
        "at": at,
        "shown": {index: [n for n, cell in records.rows[index].items() if cell.shown] for index in shown},
        "records": torch.from_numpy(np.fromfile(draft, np.uint8)),
    }
    draft.unlink()
    path = free_path(folder / f"{clean_name(about.name)}.session", ".session")
    moving.session.save(path, {PAGE: page})
    return path


def load_workspace(workspace: Workspace, path: pathlib.Path, tracker: BaseTracker, folder: pathlib.Path) -> None:
    """Replace the state of a workspace with a session file.

    Args:
        workspace: with the video from which the file was made.
        path: of the file.
        tracker: built; this workspace's own copy.
        folder: for a temporary file.

    Raises:
        CheckpointError: the file is not a session file, is damaged, or was made with other weights. SettingsError: it
        belongs to another video, or holds no frames. DataError: its records are damaged.
    """
    content = read_session(path)
    extra = content.get("extra")
    page = extra.get(PAGE) if isinstance(extra, dict) else None
    if not isinstance(page, dict):
        raise SettingsError(f"{path.name} was not saved by this page, so that it says nothing of the video's frames")
    about = describe_video(workspace.video)
    if (page.get("size"), page.get("length")) != (list(about.size or ()), about.length):
        raise SettingsError(
            f"{path.name} was saved of {clean_label(str(page.get('video')))}, {page.get('length')} frames; open that "
            "video, and then the session"
        )
    try:
        rows, names = _read_rows(page, about, folder)
        at = int(page["at"])
        shown = {int(index): set(numbers) for index, numbers in page["shown"].items()}
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{path.name} is damaged: {error!r:.200}; save it again") from error
    for count in (len(content["objects"]), content["max_objects"]):
        check_count(count, workspace.max_objects, path.name)
    workspace.take_up(Saved(Session.load(path, tracker), at, rows, shown, names))


def _read_rows(
    page: dict[str, Any], about: Video, folder: pathlib.Path
) -> tuple[dict[int, dict[int, Result]], dict[int, str]]:
    draft = free_path(folder / "records.jsonl", ".jsonl")
    draft.write_bytes(page["records"].numpy().tobytes())
    try:
        frames = list(JSONLines().read(draft, about).frames())
    finally:
        draft.unlink()
    rows = {frame.index: {each.number: _result(each, about) for each in frame.objects} for frame in frames}
    return rows, {each.number: clean_label(each.label) for frame in frames for each in frame.objects}


def _result(each: ObjectRecord, about: Video) -> Result:
    if each.mask is not None and each.mask.shape != about.size:
        raise ValueError(f"a mask of {each.mask.shape}")
    box = np.full(4, np.nan) if each.box is None else each.box
    polygon = box_to_polygon(box) if each.polygon is None else each.polygon
    return Result(box, polygon, each.mask, each.score, each.state)
