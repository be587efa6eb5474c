"""Smooth random motion of image layers: affine poses and thin-plate bending, as maps for `cv2.remap`."""

import math

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from libs.utils.boxes import Box

GRID_STEP = 16
"""Pixels between the points at which a warp is computed; it is interpolated in between."""
CONTROL_POINTS = 4
"""Control points of the thin-plate bending along each side of the layer's box."""


class LayerMotion:
    """Motion of one layer through a clip: still at frame 0, then at a nearly constant velocity.

    Args:
        rng: numpy Generator.
        frames: number of frames T.
        box: (x, y, w, h) of the moving object, in canvas pixels.
        travel: standard deviation of the shift in the last frame, in units of sqrt(w*h).
        turn: standard deviation of its rotation in radians; log scale and shear get half of it.
        bend: standard deviation of its thin-plate control points, in units of sqrt(w*h).
    """

    def __init__(self, rng: np.random.Generator, frames: int, box: Box, travel: float, turn: float, bend: float):
        x, y, w, h = box
        size = math.sqrt(w * h)
        self._centre = np.array([x + w / 2, y + h / 2])
        self._shifts = smooth_path(rng, frames, (2,)) * travel * size
        self._turns = smooth_path(rng, frames, (4,)) * turn * (1.0, 0.5, 0.5, 0.5)
        side = np.linspace(0, 1, CONTROL_POINTS)
        self._controls = np.stack(np.meshgrid(x + side * w, y + side * h), axis=-1).reshape(-1, 2)
        self._bends = smooth_path(rng, frames, self._controls.shape) * bend * size

    def pose(self, frame: int) -> np.ndarray:
        """(3, 3) matrix that maps canvas points of frame 0 to their place in `frame`, without bending."""
        angle, log_scale, shear_x, shear_y = self._turns[frame]
        cos, sin = math.cos(angle) * math.exp(log_scale), math.sin(angle) * math.exp(log_scale)
        linear = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, shear_x], [shear_y, 1]])
        pose = np.eye(3)
        pose[:2, :2] = linear
        pose[:2, 2] = self._centre + self._shifts[frame] - linear @ self._centre
        return pose

    def backward_map(self, frame: int, shape: tuple[int, ...]) -> np.ndarray:
        """The place in frame 0 that each pixel of `frame` comes from.

        Args:
            frame: 0 .. T-1.
            shape: (H, W) of the canvas.

        Returns:
            (H, W, 2) float32 x, y in pixel indices of the canvas of frame 0.
        """
        inverse = np.linalg.inv(self.pose(frame))
        points, grid_shape = _coarse_grid(shape)
        points = points @ inverse[:2, :2].T + inverse[:2, 2]
        if self._bends[frame].any():
            bending = RBFInterpolator(self._controls, self._bends[frame], kernel="thin_plate_spline")
            points = points + bending(points)
        return _refine_grid(points.reshape(*grid_shape, 2), shape)


def smooth_path(rng: np.random.Generator, frames: int, shape: tuple[int, ...]) -> np.ndarray:
    """(frames, *shape) values that go from 0, with little noise, to a draw from N(0, 1) in the last frame."""
    times = np.arange(frames).reshape(-1, *[1] * len(shape)) / max(1, frames - 1)
    noise = rng.normal(0, 0.15, (frames, *shape)) * (times > 0)
    return times * rng.normal(0, 1, shape) + noise


def _coarse_grid(shape: tuple[int, ...]) -> tuple[np.ndarray, tuple[int, int]]:
    """Centres of blocks of GRID_STEP pixels, including a ring of blocks around the canvas: (N, 2), (rows, columns)."""
    ys, xs = ((np.arange(-1, math.ceil(length / GRID_STEP) + 1) + 0.5) * GRID_STEP - 0.5 for length in shape)
    return np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2), (len(ys), len(xs))


def _refine_grid(coarse: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    rows, columns = coarse.shape[:2]
    fine = cv2.resize(coarse.astype(np.float32), (columns * GRID_STEP, rows * GRID_STEP))
    return np.ascontiguousarray(fine[GRID_STEP : GRID_STEP + shape[0], GRID_STEP : GRID_STEP + shape[1]])
