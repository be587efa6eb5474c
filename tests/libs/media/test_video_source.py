import logging

import cv2
import numpy as np
import pytest

from libs.media.images import write_image
from libs.media.video_source import open_source
from libs.media.video_writer import VideoWriter
from libs.utils.errors import DataError


@pytest.fixture
def clip(tmp_path):
    """A video of 12 frames, 10 a second; frame k is filled with (20 k, 40, 200)."""
    with VideoWriter(tmp_path / "clip.mp4", 10.0) as video:
        for number in range(12):
            video.write(np.full((24, 32, 3), (20 * number, 40, 200), np.uint8))
    return tmp_path / "clip.mp4"


def test_video_file_in_rgb_with_its_rate_and_length(clip):
    with open_source(clip) as source:
        frames = list(source)
        assert (source.name, source.length, source.frames_per_second) == ("clip", 12, 10.0)
    assert len(frames) == 12
    for index in (0, 11):  # compressed, so only about the same; red and blue swapped would differ by far more
        assert np.abs(frames[index].astype(int) - (20 * index, 40, 200)).mean() < 6


def test_folder_in_the_order_of_its_numbers(tmp_path):
    for number in (10, 2, 1):
        write_image(tmp_path / f"{number}.png", np.full((8, 9, 3), number, np.uint8))
    with open_source(str(tmp_path)) as source:
        assert [frame[0, 0, 0] for frame in source] == [1, 2, 10]
        assert source.length == 3


def test_images_of_another_size_are_named(tmp_path):
    write_image(tmp_path / "1.png", np.zeros((8, 9, 3), np.uint8))
    write_image(tmp_path / "2.png", np.zeros((8, 10, 3), np.uint8))
    with pytest.raises(DataError, match=r"frame 1: its size \(8, 10, 3\) is not the first's, \(8, 9, 3\)"):
        list(open_source(tmp_path))


def test_what_cannot_be_read(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    for source, message in (
        (tmp_path / "absent.mp4", "does not exist"),
        (tmp_path / "text.mp4", r"text\.mp4 cannot be read"),
        (tmp_path, "holds no image"),
    ):
        with pytest.raises(DataError, match=message):
            open_source(source)


def test_video_that_ends_early_is_reported(clip, caplog, monkeypatch):
    real = cv2.VideoCapture

    class Longer:
        def __init__(self, *arguments):
            self.capture = real(*arguments)

        def get(self, key):
            return 100.0 if key == cv2.CAP_PROP_FRAME_COUNT else self.capture.get(key)

        def __getattr__(self, name):
            return getattr(self.capture, name)

    monkeypatch.setattr(cv2, "VideoCapture", Longer)
    with caplog.at_level(logging.WARNING):
        assert len(list(open_source(clip))) == 12
    assert "ended after 12 of 100 frames" in caplog.text


class FakeCamera:
    opened = []

    def __init__(self, address, backend):
        self.opened.append(address)
        self.frames = [np.full((4, 4, 3), (0, 0, 255), np.uint8)] * 2

    def read(self):
        return (True, self.frames.pop()) if self.frames else (False, None)

    def get(self, key):
        return -1.0

    def release(self):
        self.opened.append("released")


@pytest.mark.parametrize(
    ("address", "opened", "name"),
    [
        ("1", 1, "camera1"),
        ("rtsp://me:secret@cam.local:554/live/1", "rtsp://me:secret@cam.local:554/live/1", "cam_local_live_1"),
    ],
)
def test_cameras_and_streams(monkeypatch, address, opened, name):
    monkeypatch.setattr(FakeCamera, "opened", [])
    monkeypatch.setattr(cv2, "VideoCapture", FakeCamera)
    with open_source(address) as source:
        assert (source.name, source.length, source.frames_per_second) == (name, None, 25.0)
        frames = list(source)
    assert [frame[0, 0].tolist() for frame in frames] == [[255, 0, 0]] * 2
    assert FakeCamera.opened == [opened, "released"]


def test_unreachable_stream_is_named_without_its_password():
    with pytest.raises(DataError, match="camera or stream 127_0_0_1_live cannot be read") as error:
        open_source("rtsp://me:secret@127.0.0.1:9/live")
    assert "secret" not in str(error.value)
