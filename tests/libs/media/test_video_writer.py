import logging
import subprocess
import sys

import cv2
import numpy as np
import pytest

from libs.media import video_writer
from libs.media.sources import open_source
from libs.media.video_writer import VideoWriter
from libs.utils.errors import DataError, SettingsError


def _read(path):
    with open_source(path) as source:
        return [frame.image for frame in source], source.frames_per_second


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.webm", "a.mkv", "a.MOV"])
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


@pytest.mark.parametrize(("name", "codecs"), [("a.mp4", ("avc1", "h264")), ("a.webm", ("VP90", "vp09"))])
def test_codecs_that_browsers_play(tmp_path, name, codecs):
    with VideoWriter(tmp_path / name) as video:
        video.write(np.zeros((48, 64, 3), np.uint8))
    code = int(cv2.VideoCapture(str(tmp_path / name)).get(cv2.CAP_PROP_FOURCC))
    assert code.to_bytes(4, "little").decode() in codecs


def test_a_gif_shows_every_image(tmp_path):
    with VideoWriter(tmp_path / "a.gif", 10.0) as video:
        assert video.codec == ""
        for level in (0, 100, 200):
            video.write(np.full((48, 64, 3), level, np.uint8))
        assert video.codec == "GIF"
    frames, rate = _read(tmp_path / "a.gif")
    assert rate == 10.0
    np.testing.assert_allclose([frame[24, 32, 1] for frame in frames], [0, 100, 200], atol=25)


@pytest.mark.parametrize("ending", ["mp4", "avi"])
@pytest.mark.parametrize("rate", [0.2, 23.976, 30000 / 1001, 119.987, 196.263, 211.222, 1000.0])
def test_rates_of_real_cameras(tmp_path, rate, ending):
    with VideoWriter(tmp_path / f"a.{ending}", rate) as video:
        for level in range(4):
            video.write(np.full((48, 64, 3), 50 * level, np.uint8))
    frames, written = _read(tmp_path / f"a.{ending}")
    assert len(frames) == 4
    assert written == pytest.approx(rate, rel=1e-3)


@pytest.mark.parametrize("rate", [90000.0, 0.0, -1.0, float("nan"), float("inf")])
def test_rates_that_are_none_become_25_with_a_note(tmp_path, caplog, rate):
    with caplog.at_level(logging.WARNING), VideoWriter(tmp_path / "a.mp4", rate) as video:
        for _ in range(4):
            video.write(np.zeros((48, 64, 3), np.uint8))
    frames, written = _read(tmp_path / "a.mp4")
    assert (len(frames), written) == (4, 25.0)
    assert "cannot be played" in caplog.text


def test_odd_sizes_lose_a_column_and_a_row(tmp_path):
    with VideoWriter(tmp_path / "a.mp4") as video:
        video.write(np.zeros((47, 65, 3), np.uint8))
    assert _read(tmp_path / "a.mp4")[0][0].shape == (46, 64, 3)
    with VideoWriter(tmp_path / "b.mp4") as video, pytest.raises(DataError, match="images of 9 x 1 pixels"):
        video.write(np.zeros((1, 9, 3), np.uint8))


def test_a_failed_block_keeps_what_was_written(tmp_path):
    def fail():
        with VideoWriter(tmp_path / "a.mp4") as video:
            video.write(np.zeros((48, 64, 3), np.uint8))
            video.write(np.zeros((48, 66, 3), np.uint8))

    with pytest.raises(DataError, match=r"\(66, 48\) pixels in a video of \(64, 48\)"):
        fail()
    assert len(_read(tmp_path / "a.mp4")[0]) == 1
    assert len(list(tmp_path.iterdir())) == 1


def noise(number):
    return np.random.default_rng(number).integers(0, 255, (48, 64, 3)).astype(np.uint8)


@pytest.mark.parametrize("ending", ["mp4", "avi", "webm"])
def test_a_full_disk_is_named_and_what_was_written_plays(tmp_path, full_disk, ending):
    path = tmp_path / f"a.{ending}"

    def fill():
        with VideoWriter(path) as video:
            for number in range(1000):
                video.write(noise(number))

    with full_disk(200_000), pytest.raises(DataError, match=r"a\.\w+ cannot be written \(File too large\)"):
        fill()
    frames = [frame for frame in open_source(path) if frame.image is not None]
    assert len(frames) >= 20
    assert np.abs(frames[5].image.astype(int) - noise(5)).mean() < 60


def test_a_killed_program_leaves_a_part_that_plays_and_is_kept(tmp_path):
    code = """
import os, signal, sys
import numpy as np
from libs.media.video_writer import VideoWriter
videos = [VideoWriter(f"{sys.argv[1]}/a.{ending}") for ending in ("mp4", "avi", "webm")]
for number in range(110):
    for video in videos:
        video.write(np.random.default_rng(number).integers(0, 255, (48, 64, 3)).astype(np.uint8))
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code, tmp_path], check=False)
    assert {file.name for file in tmp_path.iterdir()} == {"a.part.mp4", "a.part.avi", "a.part.webm"}
    for file in tmp_path.iterdir():
        assert sum(frame.image is not None for frame in open_source(file)) >= 75, file
    with VideoWriter(tmp_path / "a.mp4") as video:
        video.write(noise(0))
    assert {file.name for file in tmp_path.glob("*.mp4")} == {"a.mp4", "a.part.mp4"}
    assert sum(frame.image is not None for frame in open_source(tmp_path / "a.part.mp4")) >= 75


def write_levels(path, count, run=""):
    with VideoWriter(path, run=run) as video:
        for level in range(count):
            video.write(np.full((48, 64, 3), level, np.uint8))
    return video.path.name


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm", "avi"])
def test_only_a_shorter_video_of_the_same_run_is_replaced(tmp_path, ending):
    path, frames = tmp_path / f"a.{ending}", lambda name: len(_read(tmp_path / name)[0])
    assert write_levels(path, 2, "mine") == path.name
    assert write_levels(path, 5, "mine") == path.name
    assert frames(path.name) == 5
    assert write_levels(path, 3, "mine") == path.name
    assert frames(path.name) == 5  # that run got further
    assert VideoWriter(path, run="mine").frames_before() == 5
    assert VideoWriter(path, run="other").frames_before() is None
    assert write_levels(path, 3, "other") == f"a_2.{ending}"
    assert write_levels(path, 4) == f"a_3.{ending}"
    assert write_levels(path, 4) == f"a_4.{ending}"
    assert [frames(name) for name in (path.name, f"a_2.{ending}", f"a_3.{ending}")] == [5, 3, 4]
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("content", [b"", b"mine", None])
def test_what_is_no_video_of_ours_is_kept_too(tmp_path, content, caplog):
    if content is None:
        (tmp_path / "a.mp4").symlink_to(tmp_path / "nowhere")
    else:
        (tmp_path / "a.mp4").write_bytes(content)
    assert write_levels(tmp_path / "a.mp4", 2, "run") == "a_2.mp4"
    assert "a.mp4 is there already, and is kept" in caplog.text
    assert (tmp_path / "a.mp4").is_symlink() or (tmp_path / "a.mp4").read_bytes() == content


@pytest.mark.parametrize("torn", [3, 50])
def test_the_torn_header_of_a_fragment_is_cut_off(tmp_path, torn):
    """A full disk may end the file there; players then refuse all of it."""
    path = tmp_path / "a.mp4"
    with VideoWriter(path) as video:
        for number in range(60):
            video.write(noise(number))
    whole = path.read_bytes()
    start = whole.rindex(b"moof") - 4
    path.write_bytes(whole[: start + torn])
    video_writer.drop_torn_header(path)
    assert path.read_bytes() == whole[:start]
    assert len([frame for frame in open_source(path) if frame.image is not None]) >= 50
    path.write_bytes(whole[: start + 200])
    video_writer.drop_torn_header(path)
    assert path.stat().st_size == start + 200  # existing partial images are kept


def test_without_images_there_is_no_file(tmp_path):
    with VideoWriter(tmp_path / "a.mp4"):
        pass
    assert not list(tmp_path.iterdir())


def test_other_endings_are_refused():
    with pytest.raises(SettingsError, match=r"must end in \.mp4, \.mov, \.mkv, \.webm, \.avi or \.gif"):
        VideoWriter("a.txt")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with VideoWriter(tmp_path / "file" / "a.mp4") as video, pytest.raises(DataError, match=r"a\.mp4 cannot be written"):
        video.write(noise(0))
