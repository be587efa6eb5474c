"""Single frames of a video file, in any order."""

import contextlib
import os

import numpy as np

from libs.media.frames import FEW_FRAMES, VideoFrames
from libs.utils.errors import DataError


def read_video_frame(path: str | os.PathLike, index: int) -> np.ndarray:
    """Frame `index` (0-based) of a video file, RGB uint8 (H, W, 3), turned upright.

    Raises:
        DataError: naming the file, if it cannot be opened or has no such frame.
    """
    with contextlib.closing(VideoFrames(os.path.abspath(path), str(path), FEW_FRAMES)) as frames:
        if index not in range(len(frames)):
            raise DataError(f"video {path}: there is no frame {index}, but {len(frames)} frames; is the file whole?")
        return frames[index]
