"""A recording with everything that formats can hold, and functions to write and read one."""

import numpy as np
import pytest

from libs.media.annotations.format import open_writer
from libs.media.annotations.record import FrameRecord, ObjectRecord, Video
from libs.media.annotations.registry import find_format, read_annotations
from libs.utils.masks import tight_box
from libs.utils.state import State

SIZE = (48, 64)


def blob(x: int, y: int, hole: bool = False, parts: bool = False) -> np.ndarray:
    """A mask of 48 x 64 with edges that are not straight, perhaps with a hole and a second part."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    mask = (rows - y) ** 2 + 2 * (columns - x) ** 2 < 130
    if hole:
        mask[y - 2 : y + 3, x - 1 : x + 2] = False
    if parts:
        mask[40:44, 2:9] = True
    return mask


def record(number: int, mask: np.ndarray, score: float, state: State = State.TRACKED) -> ObjectRecord:
    x, y, w, h = tight_box(mask)
    polygon = np.array([[x + w / 2, y - 1], [x + w + 1, y + h / 2], [x + w / 2, y + h + 1], [x - 1, y + h / 2]])
    return ObjectRecord(number, "fish" if number == 1 else "crab", tight_box(mask), polygon, mask, score, state)


@pytest.fixture(scope="session")
def frames() -> list[FrameRecord]:
    """Four frames: object 1 has a hole and gets a second part, object 3 begins later and is lost in the last."""
    lost = ObjectRecord(3, "crab", score=0.02, state=State.LOST)
    return [
        FrameRecord(0, (record(1, blob(20, 20, hole=True), 0.9),)),
        FrameRecord(1, (record(1, blob(22, 21, hole=True), 0.875), record(3, blob(50, 15), 0.75))),
        FrameRecord(2, (record(1, blob(24, 22, parts=True), 0.25, State.DOUBTFUL), record(3, blob(48, 16), 0.8125))),
        FrameRecord(3, (record(1, blob(26, 23), 0.5), lost)),
    ]


@pytest.fixture
def write(tmp_path, frames):
    """Function that writes the frames in a format and returns the path."""

    def write_as(name, tolerance=0.0, some=None, video=None):
        form = find_format(name, tolerance)
        path = tmp_path / f"{name}_{tolerance}{form.ending}"
        with open_writer(form, path, video or Video("pond", SIZE)) as add:
            for frame in frames if some is None else some:
                add(frame)
        return path

    return write_as


@pytest.fixture
def read():
    """Function that reads a file or folder with images of 64 x 48 into frame -> {number: object}."""

    def read_as(path, form=None, size=SIZE):
        recording = read_annotations(path, form, Video("pond", size))
        return {frame.index: {each.number: each for each in frame.objects} for frame in recording.frames()}

    return read_as
