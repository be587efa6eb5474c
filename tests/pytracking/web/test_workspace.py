"""The work on a video with the DMB tracker: session files, and pictures of the memories."""

import numpy as np
import pytest

from libs.media.images import read_image
from libs.utils.errors import CheckpointError, SettingsError
from libs.utils.masks import tight_box
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session
from pytracking.tracker.base.together import copy_tracker
from pytracking.web.limits import Limits
from pytracking.web.opening import open_video
from pytracking.web.places import Place
from pytracking.web.run import Direction, Phase
from pytracking.web.session_files import load_workspace, save_workspace
from pytracking.web.workspace import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dmb():
    return Tracker("DMB", "DMB_resnet18").create_tracker(device="cpu")


@pytest.fixture
def begin(dmb, root, tmp_path):
    """Function that opens the clip in a workspace."""
    opened = []

    def begin(max_objects=3):
        video = open_video(root / "clip.mp4", Place(root), Limits())
        opened.append(Workspace(copy_tracker(dmb), video, max_objects, tmp_path, lambda frames: None))
        return opened[-1]

    yield begin
    for workspace in opened:
        workspace.close()


def follow(workspace, index, frames):
    run = workspace.follow(index, Direction.FORWARDS)
    for _ in range(frames):
        run.advance()
    run.stop()
    run.advance()
    assert run.phase is Phase.STOPPED


def masks(workspace):
    return {index: workspace.records.masks(index) for index in workspace.records.rows}


def test_a_session_file_goes_on_where_it_was(begin, sequence, dmb, tmp_path):
    workspace = begin()
    workspace.draw(0, {"box": tight_box(sequence.mask(0)).tolist()}, None)
    workspace.rename(1, "beast")
    follow(workspace, 0, 3)
    path = save_workspace(workspace, tmp_path)
    assert path.name == "clip.session"
    other = begin()
    load_workspace(other, path, copy_tracker(dmb), tmp_path)
    assert other.records.names == {1: "beast"}
    assert other.records.shown_frames() == [0]
    np.testing.assert_equal(masks(other), masks(workspace))
    for each in (workspace, other):
        follow(each, 3, 2)
    np.testing.assert_equal(masks(other), masks(workspace))
    assert sorted(masks(other)) == [0, 1, 2, 3, 4, 5]
    # It is a file of Session.save too.
    assert sorted(Session.load(path, copy_tracker(dmb)).results) == [1]
    with pytest.raises(SettingsError, match="the limit is 2"):
        load_workspace(begin(max_objects=2), path, copy_tracker(dmb), tmp_path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match=r"clip.session"):
        load_workspace(other, path, copy_tracker(dmb), tmp_path)
    assert sorted(masks(other)) == [0, 1, 2, 3, 4, 5]


def test_pictures_of_the_memories_are_made_when_they_are_wanted(begin, sequence):
    workspace = begin()
    workspace.draw(0, {"box": tight_box(sequence.mask(0)).tolist()}, None)
    follow(workspace, 0, 1)
    assert workspace.pictures.find(1) is None
    workspace.watch_memories(True)
    follow(workspace, 0, 1)
    path = workspace.pictures.find(1)
    assert path is not None
    assert read_image(path).shape[1] > 1000


def test_what_is_known_in_a_frame_is_taken_up_there_and_mistakes_seen_late_are_forgotten(begin, sequence):
    workspace = begin()
    workspace.draw(0, {"box": tight_box(sequence.mask(0)).tolist()}, None)
    follow(workspace, 0, 6)
    workspace.draw(3, {"box": tight_box(sequence.mask(3)).tolist()}, 1)
    (tracker,) = workspace.moving.session._active.values()
    # Step 7 is frame 3 again; nothing else is left of the steps from 3 on.
    assert max(tracker.segmenter.bank.frames) == 7
    assert not {3, 4, 5, 6} & set(tracker.segmenter.bank.frames)
    follow(workspace, 3, 1)
    assert sequence.mask(4)[workspace.records.masks(4)[1]].mean() > 0.5
