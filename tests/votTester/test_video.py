import cv2
import numpy as np
import pytest

from libs.utils.drawing import RESULT_COLOUR
from libs.utils.errors import DataError
from votTester.datasets import Dataset
from votTester.pictures import encode_jpeg, picture_frame
from votTester.results import result_file, write_result
from votTester.trajectory import FAILED, INITIALIZED, SKIPPED, Trajectory
from votTester.video import write_videos


def test_every_frame_of_finished_sequences(make_dataset, tmp_path):
    dataset = make_dataset("a", "b", frames=8)
    regions = [INITIALIZED, dataset.sequences[0].polygons[1], FAILED, *[SKIPPED] * 4, INITIALIZED]
    write_result(result_file(tmp_path, "a"), Trajectory(regions))
    write_videos(tmp_path, dataset, tmp_path / "videos")
    assert [path.name for path in (tmp_path / "videos").iterdir()] == ["a.mp4"]
    video = cv2.VideoCapture(str(tmp_path / "videos" / "a.mp4"))
    frames = []
    while (read := video.read())[0]:
        frames.append(read[1])
    assert len(frames) == 8
    assert frames[0].shape == (80, 120, 3)


def test_no_video_without_images(make_dataset, tmp_path):
    with pytest.raises(DataError, match="a video needs them"):
        write_videos(tmp_path, Dataset("tiny", make_dataset("a").annotations, None), tmp_path)


def drawn(image):
    return np.all(np.abs(image.astype(int) - RESULT_COLOUR) < 10, axis=-1)


def test_picture_of_a_failure_shows_the_region_before_it(make_sequence):
    sequence = make_sequence("a", frames=8)
    region = np.array([[60.0, 20.0], [80.0, 20.0], [80.0, 40.0], [60.0, 40.0]])
    trajectory = Trajectory([INITIALIZED, region, FAILED, *[SKIPPED] * 4, INITIALIZED])
    assert drawn(picture_frame(sequence, trajectory, 2))[20:40, 58:82].any()
    assert drawn(picture_frame(sequence, trajectory, 1))[20:40, 58:82].any()
    for index in (0, 3, 7):
        assert not drawn(picture_frame(sequence, trajectory, index)).any()


def test_large_pictures_are_shrunk():
    encoded = encode_jpeg(np.zeros((960, 480, 3), np.uint8))
    assert cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR).shape == (480, 240, 3)
