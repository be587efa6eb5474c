"""Single frames of a video file, in any order."""

import pathlib

import numpy as np

from libs.utils.errors import DataError


def read_video_frame(path: pathlib.Path | str, index: int) -> np.ndarray:
    """Frame `index` (0-based) of a video file, RGB uint8 (H, W, 3).

    Raises:
        DataError: naming the file, when it cannot be opened or has no such frame.
    """
    import cv2

    capture = cv2.VideoCapture(str(path))
    try:
        capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        found, frame = capture.read()
    finally:
        capture.release()
    if not found:
        raise DataError(f"video {path}: frame {index} cannot be read; is the file whole?")
    return cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
