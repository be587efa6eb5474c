import cv2
import numpy as np
import pytest

from libs.media.video_writer import VideoWriter
from libs.utils.errors import DataError, SettingsError


def _read(path):
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (frame := capture.read()[1]) is not None:
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
    return frames, capture.get(cv2.CAP_PROP_FPS)


@pytest.mark.parametrize("name", ["a.mp4", "a.avi"])
def test_colours_number_and_rate_survive(tmp_path, name):
    path = tmp_path / "new" / name
    with VideoWriter(path, 10.0) as video:
        for level in (0, 100, 200):
            video.write(np.full((48, 64, 3), (200, level, 30), np.uint8))
        assert not path.exists()
    frames, rate = _read(path)
    assert rate == 10.0
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * 3
    np.testing.assert_allclose([frame[24, 32] for frame in frames], [[200, g, 30] for g in (0, 100, 200)], atol=12)
    assert [file.name for file in path.parent.iterdir()] == [name]


def test_failed_block_leaves_nothing(tmp_path):
    def fail():
        with VideoWriter(tmp_path / "a.mp4") as video:
            video.write(np.zeros((48, 64, 3), np.uint8))
            video.write(np.zeros((48, 66, 3), np.uint8))

    with pytest.raises(DataError, match=r"\(66, 48\) pixels in a video of \(64, 48\)"):
        fail()
    assert not list(tmp_path.iterdir())


def test_without_images_there_is_no_file(tmp_path):
    with VideoWriter(tmp_path / "a.mp4"):
        pass
    assert not list(tmp_path.iterdir())


def test_other_endings_are_refused():
    with pytest.raises(SettingsError, match=r"must end in \.mp4 or \.avi"):
        VideoWriter("a.txt")
