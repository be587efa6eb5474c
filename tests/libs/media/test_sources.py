import logging
import math
import pathlib
import threading
import time

import cv2
import numpy as np
import pytest
from PIL import Image

from libs.media import camera, sources
from libs.media.images import write_image
from libs.media.source import Source, SourceFrame, readable_frames
from libs.media.sources import open_source
from libs.media.video_writer import VideoWriter
from libs.utils.errors import DataError


@pytest.fixture
def clip(tmp_path):
    """A video of 12 frames, 10 a second; frame k is filled with (20 k, 40, 200)."""
    return write_clip(tmp_path / "clip.mp4")


def write_clip(path, size=(24, 32), noise=0):
    rng = np.random.default_rng(0)
    with VideoWriter(path, 10.0) as video:
        for number in range(12):
            image = np.full((*size, 3), (20 * number, 40, 200), np.uint8)
            video.write(image + rng.integers(0, noise + 1, image.shape).astype(np.uint8))
    return path


def write_frames(folder, names, size=(8, 9)):
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        write_image(folder / name, np.full((*size, 3), 10 * number, np.uint8))
    return folder


def test_video_file_in_rgb_with_its_rate_and_length(clip):
    with open_source(clip) as source:
        frames = list(source)
        assert (source.name, source.expected_length, source.frames_per_second) == ("clip", 12, 10.0)
    assert [frame.index for frame in frames] == list(range(12))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(12) / 10, atol=1e-6)
    for index in (0, 11):  # compressed, so only about the same; red and blue swapped would differ by far more
        assert np.abs(frames[index].image.astype(int) - (20 * index, 40, 200)).mean() < 6


def test_folder_in_the_order_of_its_numbers(tmp_path):
    for number in (10, 2, 1):
        write_image(tmp_path / f"{number}.png", np.full((8, 9, 3), number, np.uint8))
    with open_source(str(tmp_path)) as source:
        frames = list(source)
        assert [frame.image[0, 0, 0] for frame in frames] == [1, 2, 10]
        assert [frame.time for frame in frames] == [0, 0.04, 0.08]
        assert source.expected_length == 3
        assert [source.frame_index(name) for name in ("1", "002", "10", "3", "x")] == [0, 1, 2, None, None]


@pytest.mark.parametrize("pattern", ["*.png", "f_%03d.png", "f_%d.png", "f_00[12].png"])
def test_frames_by_a_pattern(tmp_path, pattern):
    write_frames(tmp_path / "clip", ["f_001.png", "f_002.png", "f_001.jpg"])
    source = open_source(f"{tmp_path}/clip/{pattern}")
    assert (source.name, source.expected_length) == ("clip", 2)


def test_a_single_image(tmp_path):
    write_frames(tmp_path, ["a%03d.png"])
    assert [frame.image.shape for frame in open_source(tmp_path / "a%03d.png")] == [(8, 9, 3)]


NAMES = ["a=b", "a:b", "rtsp:x", "100%", "%05d", "#1", "a b", "[x]", "-clip", "日本語", "é", "0", "concat:a|b", "a*b?"]


@pytest.mark.parametrize("name", NAMES)
def test_paths_that_look_like_something_else(tmp_path, monkeypatch, name):
    """Written and read, by a relative path, as a file, a folder and the target of a link."""
    monkeypatch.chdir(tmp_path)
    for path in (f"{name}.mp4", f"{name}.webm", f"{name}.avi"):
        write_clip(pathlib.Path(path))
        assert len(list(open_source(path))) == 12
    pathlib.Path("link.mp4").symlink_to(f"{name}.mp4")
    assert len(list(open_source("link.mp4"))) == 12
    write_frames(pathlib.Path(name), ["1.png", f"{name}2.png"])
    pathlib.Path("linked").symlink_to(name)
    for folder in (name, "linked"):
        source = open_source(folder)
        assert (source.name, len(list(source))) == (name, 2)


def test_images_of_another_size_are_scaled_and_named(tmp_path, caplog):
    write_frames(tmp_path, ["1.png"])
    write_image(tmp_path / "2.png", np.full((16, 20, 3), 50, np.uint8))
    write_image(tmp_path / "3.png", np.full((4, 5, 3), 60, np.uint8))
    with caplog.at_level(logging.WARNING):
        frames = list(open_source(tmp_path))
    assert [frame.image.shape for frame in frames] == [(8, 9, 3)] * 3
    assert [frame.image[4, 4, 0] for frame in frames] == [0, 50, 60]
    assert f"{tmp_path / '2.png'} is 20 x 16 pixels; it, and what follows, is scaled to the first frame's 9 x 8" in (
        caplog.text
    )


def test_what_cannot_be_read(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    for source, message in (
        (tmp_path / "absent.mp4", "does not exist"),
        (tmp_path / "text.mp4", r"text\.mp4 cannot be read"),
        (tmp_path, "holds no image"),
        (tmp_path / "*.png", r"holds no image called \*\.png"),
    ):
        with pytest.raises(DataError, match=message):
            open_source(source)


def test_a_damaged_image_stops_or_is_skipped(tmp_path, caplog):
    write_frames(tmp_path, ["1.png", "2.png", "3.png"])
    (tmp_path / "2.png").write_bytes(b"damaged")
    frames = readable_frames(open_source(tmp_path))
    assert next(frames).index == 0
    with pytest.raises(DataError, match=r"2\.png cannot be read"):
        next(frames)
    with caplog.at_level(logging.WARNING):
        skipped = list(readable_frames(open_source(tmp_path), skip=True))
    assert [(frame.index, frame.image[0, 0, 0], frame.error is None) for frame in skipped] == [
        (0, 0, True),
        (1, 0, False),
        (2, 20, True),
    ]
    assert "the last state is repeated" in caplog.text
    (tmp_path / "1.png").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"1\.png cannot be read"):
        list(readable_frames(open_source(tmp_path), skip=True))


class Edited:
    """A capture of OpenCV with another frame count, or reads that fail."""

    def __init__(self, real, count=None, failing=()):
        self.real, self.count, self.failing, self.reads = real, count, failing, 0

    def __call__(self, *arguments):
        self.capture = self.real(*arguments)
        return self

    def read(self):
        self.reads += 1
        return (False, None) if self.reads - 1 in self.failing else self.capture.read()

    def get(self, key):
        return self.count if key == cv2.CAP_PROP_FRAME_COUNT and self.count else self.capture.get(key)

    def __getattr__(self, name):
        return getattr(self.capture, name)


def test_a_header_that_promises_more_frames(clip, monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", Edited(cv2.VideoCapture, count=100.0))
    frames = list(open_source(clip))
    assert sum(frame.image is not None for frame in frames) == 12
    assert "ended after 12 of 100 frames" in str(frames[-1].error)
    assert frames[-1].index == 12


@pytest.mark.parametrize("count", [5.0, 12.4, math.nan, -1e9])
def test_a_header_that_promises_fewer_frames_hides_none(clip, monkeypatch, count):
    monkeypatch.setattr(cv2, "VideoCapture", Edited(cv2.VideoCapture, count=count))
    source = open_source(clip)
    assert source.frame_index("11") == 11
    assert len(list(source)) == 12
    if count > 0:
        assert source.frame_index("12") is None


def test_frames_behind_a_damaged_place_keep_their_numbers(clip, monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", Edited(cv2.VideoCapture, count=14.0, failing=(4, 5)))
    frames = list(open_source(clip))
    assert [frame.index for frame in frames] == list(range(14))
    assert [frame.index for frame in frames if frame.image is None] == [4, 5]
    assert "clip.mp4, frame 4, cannot be read" in str(frames[4].error)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8, 0.95])
def test_a_file_cut_short_gives_every_frame_that_is_whole_in_it(tmp_path, share):
    """And not the truncated one. Half of the file holds two frames: the header is long, early frames are large."""
    write_clip(tmp_path / "clip.avi", (120, 160), noise=30)
    whole = (tmp_path / "clip.avi").read_bytes()
    part = whole[: int(share * len(whole))]
    (tmp_path / "clip.avi").write_bytes(part)
    frames = list(open_source(tmp_path / "clip.avi"))
    assert [frame.image is not None for frame in frames] == [True] * whole_avi_frames(part) + [False]
    assert "ended after" in str(frames[-1].error)
    if share < 0.5:
        with pytest.raises(DataError, match="holds no whole frame: it is damaged or cut short"):
            open_source(tmp_path / "clip.avi").frames()
    else:
        assert len(open_source(tmp_path / "clip.avi").frames()) == whole_avi_frames(part)


@pytest.mark.parametrize("lost", [1, 400])
def test_the_last_frame_may_be_the_one_that_is_cut(tmp_path, lost):
    """Its header promises no more frames than can be decoded, and its index, at the end, is missing."""
    write_clip(tmp_path / "clip.avi", (120, 160), noise=30)
    whole = (tmp_path / "clip.avi").read_bytes()
    end = whole.rindex(b"idx1") - lost
    count = whole_avi_frames(whole[: whole.rindex(b"idx1")])
    (tmp_path / "clip.avi").write_bytes(whole[:end])
    frames = list(open_source(tmp_path / "clip.avi"))
    assert [frame.image is not None for frame in frames] == [True] * (count - 1) + [False]
    assert f"ended after {count - 1} of {count} frames" in str(frames[-1].error)


def whole_avi_frames(content):
    """Frames whose chunk, `00dc` and its length before it, does not reach beyond the end."""
    count, place = 0, content.index(b"movi") + 4
    while place + 8 <= len(content):
        assert content[place : place + 4] == b"00dc"
        place += 8 + int.from_bytes(content[place + 4 : place + 8], "little")
        place += place % 2
        count += place <= len(content)
    return count


class FakeCamera:
    """Delivers `sent` frames, their number as grey level, except in the reads in `lost`; has read, get and release."""

    opened = []
    lost, sent, pause = (), 2, 0.0

    def __init__(self, *address):
        self.opened.append(address[0])
        self.reads = self.count = 0

    def read(self):
        self.reads += 1
        if self.reads in self.lost or self.count == self.sent:
            return False, None
        time.sleep(self.pause)
        self.count += 1
        return True, np.full((4, 4, 3), (0, 0, self.count), np.uint8)

    def get(self, key):
        return -1.0

    def release(self):
        self.opened.append("released")


@pytest.fixture
def fake(monkeypatch):
    """A fresh class of fake cameras in place of OpenCV's captures."""
    kind = type("Fake", (FakeCamera,), {"opened": []})
    monkeypatch.setattr(cv2, "VideoCapture", kind)
    monkeypatch.setattr(camera, "LOST_SECONDS", 0.1)
    return kind


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize(
    ("address", "opened", "name"),
    [
        ("1", 1, "camera1"),
        ("/dev/video2", 2, "camera2"),
        ("rtsp://me:secret@cam.local:554/live/1", "rtsp://me:secret@cam.local:554/live/1", "cam_local_live_1"),
    ],
)
def test_cameras_and_streams(fake, caplog, address, opened, name, live):
    with open_source(address, live) as source, caplog.at_level(logging.WARNING):
        assert (source.name, source.expected_length, source.frames_per_second) == (name, None, 25.0)
        frames = list(source)
    assert [frame.image[0, 0].tolist() for frame in frames] == [[1, 0, 0], [2, 0, 0]]
    assert fake.opened == [opened, "released"]
    assert f"{name} delivers nothing any more, after 2 images" in caplog.text
    assert threading.active_count() == 1 or not any(thread.name == "camera" for thread in threading.enumerate())


def test_a_device_of_another_name_is_a_camera(fake):
    with open_source("/dev/null") as source:
        assert (source.name, len(list(source))) == ("null", 2)
    assert fake.opened[0] == "/dev/null"


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("lost", [{1, 2, 3}, {51}, {99}])
def test_lost_reads_are_repeated(fake, lost, live):
    fake.lost, fake.sent = lost, 100
    with open_source("0", live) as source:
        assert [frame.image[0, 0, 0] for frame in source] == list(range(1, 101))
        assert source.dropped == 0


def test_a_camera_that_never_delivers_is_waited_for_as_long_as_is_said(fake):
    fake.sent = 0
    begin = time.monotonic()
    with pytest.raises(DataError, match=r"camera0 cannot be read: .* waited for for 0.2 seconds"):
        open_source("0", start_seconds=0.2)
    assert time.monotonic() - begin >= 0.2


def test_frames_that_wait_too_long_are_left_out_of_live_sources(fake, monkeypatch):
    monkeypatch.setattr(camera, "MOST_LAG", 0.05)
    fake.sent, fake.pause = 40, 0.005
    with open_source("0") as source:
        taken = []
        for frame in source:
            taken.append(int(frame.image[0, 0, 0]))
            time.sleep(0.03)
        assert source.dropped == 40 - len(taken) > 5
    assert taken == sorted(set(taken))
    assert taken[-1] > 30
    with open_source("0", live=False) as source:
        assert (len(list(source)), source.dropped) == (40, 0)


def test_what_a_camera_raises_reaches_who_takes_its_frames(fake, monkeypatch):
    def read(self):
        self.reads += 1
        if self.reads > 3:
            raise OSError("unplugged")
        return True, np.zeros((4, 4, 3), np.uint8)

    monkeypatch.setattr(fake, "read", read)
    with open_source("0") as source, pytest.raises(OSError, match="unplugged"):
        list(source)


def test_unreachable_stream_is_named_without_its_password():
    with pytest.raises(DataError, match="camera or stream 127_0_0_1_live cannot be read") as error:
        open_source("rtsp://me:secret@127.0.0.1:9/live")
    assert "secret" not in str(error.value)


def test_urls_of_files_are_files(monkeypatch):
    monkeypatch.setattr(sources, "VideoFile", lambda *arguments: arguments)
    url = "https://me:secret@host.org/a/clip.mp4"
    assert open_source(url) == (url, "host_org_a_clip_mp4", "host_org_a_clip_mp4")


class Numbers(Source):
    def _frames(self):
        yield from (SourceFrame(index, index, np.full((2, 2, 3), index, np.uint8)) for index in range(3))


def test_a_source_of_ones_own():
    assert [frame.index for frame in readable_frames(Numbers())] == [0, 1, 2]


def pictures(count):
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 255, (20, 30, 3), dtype=np.uint8)).quantize(16) for _ in range(count)]


@pytest.mark.parametrize("share", [0.4, 0.8, 0.99])
def test_a_gif_cut_short_gives_its_whole_pictures(tmp_path, share):
    """FFmpeg would silently fill up the last one."""
    first, *others = pictures(6)
    first.save(tmp_path / "clip.gif", save_all=True, append_images=others, duration=40)
    whole = [frame.image for frame in open_source(tmp_path / "clip.gif")]
    assert len(whole) == 6
    data = (tmp_path / "clip.gif").read_bytes()
    (tmp_path / "cut.gif").write_bytes(data[: int(share * len(data))])
    *frames, last = open_source(tmp_path / "cut.gif")
    assert len(frames) == int(share * 6)
    assert all((frame.image == image).all() for frame, image in zip(frames, whole, strict=False))
    assert "damaged or cut short" in str(last.error)
    (tmp_path / "cut.gif").write_bytes(data[: len(data) // 10])
    with pytest.raises(DataError, match="damaged or cut short"):
        open_source(tmp_path / "cut.gif")


def test_files_of_several_pictures_are_videos_or_refused(tmp_path):
    first, *others = (picture.convert("RGB") for picture in pictures(3))
    for name in ("a.png", "a.webp", "a.tiff"):
        first.save(tmp_path / name, save_all=True, append_images=others)
    assert len(list(open_source(tmp_path / "a.png"))) == 3
    for name in ("a.webp", "a.tiff"):
        with pytest.raises(DataError, match=rf"{name} holds 3 pictures: make a video"):
            open_source(tmp_path / name)
