"""Looks for a lost target in the whole frame: applies the filter to one crop as large as the frame."""

import cv2
import numpy as np
import torch

from libs.dcf.labels import score_points
from libs.memory.spatial import SpatialMemoryBank
from libs.memory.target import TargetState
from libs.models.strides import STRIDE
from libs.utils.crops import CropWindow

LARGEST_SIZE = 48 * STRIDE
"""Side of the largest crop in pixels: the area of nine usual search crops."""


@torch.inference_mode()
def search_frame(spatial: SpatialMemoryBank, image: np.ndarray, state: TargetState, count: int) -> list[TargetState]:
    """The places of a frame that look most like the target.

    If the frame is larger than `LARGEST_SIZE` pixels at the target's scale, only that much is searched, around the
    target's last position.

    Args:
        spatial: initialised on the target.
        image: (H, W, 3) RGB uint8.
        state: the last one known.
        count: maximum number of places.

    Returns:
        the state at each place, best first; places are at least a target's size apart, and exact to a cell of the
        features.
    """
    window = _frame_window(image.shape, state)
    scores = spatial.scores([window.extract(image)])[0]
    points = window.to_image(score_points(scores.shape, STRIDE, spatial.params.kernel_size))
    inside = ((points >= 0) & (points <= (image.shape[1], image.shape[0]))).all(axis=-1)
    maxima = _maxima(np.where(inside, scores.cpu().numpy(), -np.inf), state.base_size / STRIDE, count)
    return [state.moved_to(points[row, column]) for row, column in maxima]


def _frame_window(image_shape: tuple[int, ...], state: TargetState) -> CropWindow:
    height, width = image_shape[:2]
    cells = int(np.ceil(max(height, width) / state.scale / STRIDE))
    size = min(cells * STRIDE, LARGEST_SIZE)
    side = size * state.scale
    # What does not fit is left out at the ends far from the last position.
    slack = np.maximum(np.array([width, height]) - side, 0) / 2
    centre = np.array([width, height]) / 2
    return CropWindow.search(np.clip(state.centre, centre - slack, centre + slack), side, size)


def _maxima(scores: np.ndarray, apart: np.ndarray, count: int) -> list[tuple[int, int]]:
    """(row, column) of the highest scores at least `apart`, (width, height) in cells, from any higher one."""
    size = np.maximum(np.rint(apart), 1).astype(int)
    highest = cv2.dilate(scores.astype(np.float32), np.ones(2 * size[::-1] + 1, np.uint8))
    rows, columns = np.nonzero((scores >= highest) & np.isfinite(scores))
    best = np.argsort(-scores[rows, columns])[:count]
    return [(int(row), int(column)) for row, column in zip(rows[best], columns[best], strict=True)]
