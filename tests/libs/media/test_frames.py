import av
import numpy as np
import pytest

from libs.media import frames
from libs.media.frames import MOST_FRAMES, VideoFrames
from libs.media.images import write_image
from libs.media.sources import open_source
from libs.media.video_frames import read_video_frame
from libs.media.video_writer import VideoWriter
from libs.utils.errors import DataError

LENGTH = 3 * MOST_FRAMES


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """A video whose frames are as bright as their numbers."""
    path = tmp_path_factory.mktemp("frames") / "clip.mp4"
    with VideoWriter(path) as writer:
        for index in range(LENGTH):
            writer.write(np.full((48, 64, 3), index, np.uint8))
    return path


def number_of(image):
    return round(float(image.mean()))


@pytest.mark.parametrize("order", [range(LENGTH), range(LENGTH - 1, -1, -1), (5, 150, 149, 3, 70, 71, 20, 191, 0)])
def test_frames_of_a_video_in_any_order(video, order):
    frames = open_source(video).frames()
    assert len(frames) == LENGTH
    assert [number_of(frames[index]) for index in order] == pytest.approx(list(order), abs=1)


def test_going_backwards_decodes_each_frame_a_few_times_and_keeps_few(video):
    frames = VideoFrames(video, "clip")
    decoded = []
    decode = frames._decode
    frames._decode = lambda: (decoded.append(pair[0]) or pair for pair in decode())
    frames._decoded = frames._decode()
    for index in range(LENGTH - 1, -1, -1):
        assert frames[index].shape == (48, 64, 3)
        assert len(frames._kept) <= MOST_FRAMES
    assert len(decoded) < 2 * LENGTH


def test_b_frames_are_in_the_order_in_which_they_are_shown(tmp_path):
    with av.open(str(tmp_path / "b.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"bf": "3", "g": "12", "crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(50):
            image = np.full((48, 64, 3), 4 * index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    frames = open_source(tmp_path / "b.mp4").frames()
    forwards = [number_of(frame.image) for frame in open_source(tmp_path / "b.mp4")]
    assert [number_of(frames[index]) for index in reversed(range(50))] == pytest.approx(forwards[::-1], abs=2)


def test_images_in_any_order_have_the_size_of_the_first(tmp_path):
    for index, size in enumerate(((30, 40), (30, 40), (60, 80))):
        write_image(tmp_path / f"{index}.png", np.full((*size, 3), 50 * index, np.uint8))
    frames = open_source(tmp_path).frames()
    assert [(frames[index].shape, number_of(frames[index])) for index in (2, 0)] == [
        ((30, 40, 3), 100),
        ((30, 40, 3), 0),
    ]
    (tmp_path / "1.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"1\.png"):
        frames[1]


def test_a_damaged_file(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"no video")
    with pytest.raises(DataError, match="video clip cannot be read: it is damaged, or no video"):
        VideoFrames(tmp_path / "clip.mp4", "clip")


def test_a_file_is_gone_through_once_until_it_changes(tmp_path, monkeypatch):
    scanned, scan = [], frames._scan
    monkeypatch.setattr(frames, "_scan", lambda address: scanned.append(address) or scan(address))
    path = tmp_path / "clip.mp4"

    def write(count):
        path.unlink(missing_ok=True)
        with VideoWriter(path, 10.0) as video:
            for index in range(count):
                video.write(np.full((48, 64, 3), 20 * index, np.uint8))

    write(5)
    assert [read_video_frame(path, index).shape for index in (3, 0)] == [(48, 64, 3)] * 2
    assert scanned == [str(path)]
    write(7)
    read_video_frame(path, 6)
    assert scanned == [str(path)] * 2
