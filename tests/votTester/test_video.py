import cv2
import pytest

from libs.utils.errors import DataError
from votTester.datasets import VotDataset
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
        write_videos(tmp_path, VotDataset("tiny", make_dataset("a").annotations, None), tmp_path)
