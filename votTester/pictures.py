"""Frames with the tracker's region and the true one drawn in, for reports and videos."""

import cv2

from libs.utils.drawing import RESULT_COLOUR, TRUTH_COLOUR, draw_polygon
from votTester.trajectory import SKIPPED, is_code

LARGEST_SIDE = 480


def picture_frame(sequence, trajectory, index):
    """Frame `index` of a sequence, RGB uint8, with both regions.

    A frame in which the tracker missed shows its last region; a start or a skipped frame shows the true one only.
    """
    image = draw_polygon(sequence.frame(index), sequence.polygons[index], TRUTH_COLOUR)
    region = _last_region(trajectory, index)
    return image if region is None else draw_polygon(image, region, RESULT_COLOUR)


def encode_jpeg(image):
    """JPEG bytes of an RGB image, shrunk to at most 480 pixels on its longest side."""
    factor = LARGEST_SIDE / max(image.shape[:2])
    if factor < 1:
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return encoded.tobytes()


def _last_region(trajectory, index):
    """The region reported in this frame or, at a failure, in the one before; None where there is none."""
    region = trajectory.regions[index]
    if not is_code(region):
        return region
    before = trajectory.regions[index - 1] if index and not is_code(region, SKIPPED) else region
    return None if is_code(before) else before
