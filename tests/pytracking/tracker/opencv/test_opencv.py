import copy
import types

import cv2
import numpy as np
import pytest

from libs.dataset.rendered.sequences import render_sequence
from libs.utils.boxes import box_iou
from libs.utils.errors import DataError, SettingsError
from libs.utils.polygons import polygon_to_box
from pytracking.evaluation.tracker import Tracker
from pytracking.run_video import main as run_video
from pytracking.tracker.opencv import opencv
from pytracking.tracker.opencv.opencv import OpenCVParams, OpenCVTracker, find_factory


class Corner:
    """A tracker with OpenCV's interface: a pixel to the right each time, not found the second, refused the third."""

    def init(self, image, box):
        self.box, self.blue, self.calls = box, int(image[0, 0, 0]), 0

    def update(self, image):
        self.calls += 1
        if self.calls == 3:
            raise cv2.error("a rectangle outside")
        self.box = (self.box[0] + 1, *self.box[1:])
        return self.calls != 2, self.box


@pytest.fixture
def corner(monkeypatch):
    monkeypatch.setattr(opencv, "find_factory", lambda name: Corner)
    return OpenCVTracker(OpenCVParams())


def test_boxes_go_in_as_whole_pixels_and_the_last_one_stands_where_it_is_lost(corner):
    image = np.zeros((40, 60, 3), np.uint8)
    image[..., 2] = 7
    corner.initialize(image, {"init_bbox": [10.4, 5.6, 20.0, 10.0]})
    # Corners 10.4, 5.6 and 30.4, 15.6 are rounded, not the size.
    assert corner._tracker.box == (10, 6, 20, 10)
    assert corner._tracker.blue == 7
    followed = [corner.track(image) for _ in range(4)]
    # Not found in the second, refused in the third: the last box stays.
    assert [out["target_bbox"].tolist()[0] for out in followed] == [11, 11, 11, 13]
    assert [out["state"] for out in followed] == ["tracked", "lost", "lost", "tracked"]


def test_a_copy_is_a_tracker_of_its_own(corner):
    image = np.zeros((40, 60, 3), np.uint8)
    corner.initialize(image, {"init_bbox": [10, 5, 20, 10]})
    with pytest.raises(SettingsError, match="call initialize"):
        copy.deepcopy(corner).track(image)


def test_what_this_opencv_lacks_is_named_with_the_package_that_has_it(monkeypatch):
    monkeypatch.setattr(opencv, "find_factory", lambda name: None)
    with pytest.raises(SettingsError, match="no CSRT tracker; opencv-contrib-python has"):
        OpenCVTracker(OpenCVParams())


def test_trackers_are_found_where_they_are(monkeypatch):
    places = types.SimpleNamespace(TrackerKCF=types.SimpleNamespace(create=lambda: "kcf"), legacy=None)
    monkeypatch.setattr(opencv, "cv2", places)
    assert find_factory("KCF")() == "kcf"
    assert find_factory("CSRT") is None


def test_networks_are_files(tmp_path):
    with pytest.raises(SettingsError, match=r"opencv:vit reads its net from an ONNX file, --checkpoint FILE: none"):
        Tracker("opencv:vit").create_tracker()
    file = tmp_path / "net.onnx"
    file.write_bytes(b"no network")
    with pytest.raises(SettingsError, match=r"--set neckhead=FILE: .*head\.onnx is no file"):
        Tracker("opencv:nano").create_tracker(pth_path=str(file), neckhead="head.onnx")
    with pytest.raises(SettingsError, match=r"vit cannot be made with .*net\.onnx"):
        Tracker("opencv:vit").create_tracker(pth_path=str(file))


def test_options_are_opencvs_own(tmp_path):
    (tmp_path / "net.onnx").touch()
    vit = Tracker("opencv:vit", overrides={"pth_path": str(tmp_path / "net.onnx")})
    with pytest.raises(SettingsError, match="vit has no option 'meanvalu'; did you mean 'meanvalue'"):
        vit.create_tracker(options={"meanvalu": 100})
    with pytest.raises(SettingsError, match="option 'tracking_score_threshold' of OpenCV's vit is 'high'"):
        vit.create_tracker(options={"tracking_score_threshold": "high"})


@pytest.mark.skipif(find_factory("CSRT") is None, reason="needs opencv-contrib-python")
def test_an_easy_target_is_followed():
    sequence, tracker = render_sequence("easy", 60, (160, 120)), Tracker("opencv:csrt").create_tracker()
    tracker.initialize(sequence.frame(0), {"init_bbox": sequence.regions[0]})
    boxes = [tracker.track(sequence.frame(index))["target_bbox"] for index in range(1, 8)]
    truth = np.array([polygon_to_box(polygon) for polygon in sequence.polygons[1:8]])
    assert box_iou(np.array(boxes), truth).mean() > 0.6


def test_a_start_that_opencv_refuses_is_named(corner, monkeypatch):
    def refuse(*arguments):
        raise cv2.error("a rectangle outside")

    monkeypatch.setattr(Corner, "init", refuse)
    with pytest.raises(DataError, match=r"csrt cannot start on box \[10.0, 5.0, 20.0, 10.0\]"):
        corner.initialize(np.zeros((40, 60, 3), np.uint8), {"init_bbox": [10, 5, 20, 10]})


def test_it_follows_objects_of_a_video(corner, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sequence = render_sequence("easy", 3, (96, 72))
    (tmp_path / "frames").mkdir()
    for index in range(3):
        cv2.imwrite(f"frames/{index:05d}.png", sequence.frame(index)[..., ::-1])
    boxes = ["--optional_box", "20", "20", "20", "20", "--optional_box", "50", "30", "20", "20"]
    assert run_video(["opencv:csrt", "frames", *boxes, "--save_results"]) == 0
    assert len(list(tmp_path.glob("results/opencv/csrt/video_frames/*.txt"))) >= 2
