import cv2
import numpy as np

from libs.utils.drawing import RESULT_COLOUR
from pytracking.analysis.report import jpeg_of
from votTester.pictures import picture_frame
from votTester.trajectory import FAILED, INITIALIZED, SKIPPED, Trajectory


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
    encoded = jpeg_of(np.zeros((960, 480, 3), np.uint8))
    assert cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR).shape == (480, 240, 3)
