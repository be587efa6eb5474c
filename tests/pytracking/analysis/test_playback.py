import cv2
import numpy as np
import pytest

from libs.dataset.sequence import ABSENT, Sequence
from libs.utils.errors import DataError, SettingsError
from pytracking.analysis.playback import write_playback

BOX = [8, 80, 16, 16]


def read_video(path):
    video, frames = cv2.VideoCapture(str(path)), []
    while (read := video.read())[0]:
        frames.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB).astype(int))
    return frames


def test_true_and_reported_regions_are_drawn(tmp_path, write_result, write_masks):
    sequence = Sequence("a", [np.zeros((120, 160, 3), dtype=np.uint8)] * 3, [BOX, BOX, ABSENT])
    mask = np.zeros((120, 160), dtype=bool)
    mask[84:90, 44:52] = True
    write_result("t/p", "a", [BOX, [40, 80, 16, 16], ABSENT])
    write_masks("t/p", "a", [mask * False, mask, mask * False])
    write_playback(tmp_path / "a.avi", sequence, tmp_path / "results", ["t/p"])
    frames = read_video(tmp_path / "a.avi")
    assert len(frames) == 3
    # The left edge of the true box is green in the second frame, that of the reported one and its mask blue.
    red, green, blue = frames[1][90, 8]
    assert green > max(red, blue) + 40
    red, green, blue = frames[1][90, 40]
    assert blue > red + 40
    red, green, blue = frames[1][87, 47]
    assert blue > red + 20
    assert frames[2][70:].max() < 40


def test_results_and_video_must_be_possible(tmp_path, make_sequence, write_result):
    write_result("t/p", "b", [BOX])
    with pytest.raises(DataError, match=r"a.txt is missing"):
        write_playback(tmp_path / "a.mp4", make_sequence("a", [BOX]), tmp_path / "results", ["t/p"])
    with pytest.raises(SettingsError, match="must end in"):
        write_playback(tmp_path / "b.txt", make_sequence("b", [BOX]), tmp_path / "results", ["t/p"])
