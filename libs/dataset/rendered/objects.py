"""Objects of the synthetic sequences: articulated parts with deforming Fourier contours, textured and shaded."""

import dataclasses

import cv2
import numpy as np
from numpy.typing import ArrayLike

from libs.dataset.rendered.textures import colour_texture

LIGHT = np.array([-0.45, -0.6, 0.66], dtype=np.float32)
TEXTURE_SIZE = 160
ORDERS = np.arange(2, 6)
# Directions in which a contour is sampled: every quarter of a pixel on the largest object of a frame.
DIRECTIONS = 1440


@dataclasses.dataclass(frozen=True)
class Pose:
    """Where an object is: centre (x, y) and size in image pixels, angle in radians, clockwise on screen."""

    centre: tuple
    angle: float
    size: float


@dataclasses.dataclass(frozen=True)
class ObjectPart:
    """One part of an object; lengths are in units of the object's size.

    The contour in polar coordinates is `1 + sum_k a_k cos(k theta + phase_k + speed_k t)`, k = 2..5, scaled by `radii`.

    Attributes:
        offset: (2,) centre in the object's own axes.
        radii: (2,) half width and half height.
        amplitudes, phases, speeds: (4,) of the contour; speeds in radians a frame.
        swing: (amplitude in radians, radians a frame, phase) of its rotation about the object's centre.
        exponent: of the norm; 2 is round, larger is boxy.
        texture: (S, S, 3) float32.
    """

    offset: np.ndarray
    radii: np.ndarray
    amplitudes: np.ndarray
    phases: np.ndarray
    speeds: np.ndarray
    swing: tuple
    exponent: float
    texture: np.ndarray

    @property
    def reach(self) -> float:
        """Radius, in units of the object's size, of the circle around the object's centre that holds the part."""
        return np.linalg.norm(self.offset) + 1.5 * np.max(self.radii) * (1 + np.abs(self.amplitudes).sum())

    def local(self, points: np.ndarray, time: float) -> np.ndarray:
        """Map points (..., 2) from the object's axes to the part's: (..., 2), with radii of 1."""
        amplitude, speed, phase = self.swing
        turned = _rotate(points, -amplitude * np.sin(speed * time + phase))
        return (turned - self.offset) / self.radii

    def radius(self, local: np.ndarray, time: float) -> np.ndarray:
        """How far out points (..., 2) in the part's axes are: 0 at its centre, 1 on its contour."""
        directions = np.linspace(-np.pi, np.pi, DIRECTIONS + 1)
        waves = self.amplitudes * np.cos(directions[:, None] * ORDERS + self.phases + self.speeds * time)
        contour = (1 + waves.sum(axis=1)).astype(np.float32)
        theta = np.arctan2(local[..., 1], local[..., 0])
        nearest = np.rint((theta + np.pi) * (DIRECTIONS / (2 * np.pi))).astype(np.intp)
        if self.exponent == 2:
            return np.hypot(local[..., 0], local[..., 1]) / contour[nearest]
        return (np.abs(local) ** self.exponent).sum(axis=-1) ** (1 / self.exponent) / contour[nearest]


@dataclasses.dataclass(frozen=True)
class Layer:
    """A rendered object: colour (h, w, 3) premultiplied by alpha (h, w), both at pixel `corner` (x, y) of an image."""

    corner: np.ndarray
    colour: np.ndarray
    alpha: np.ndarray


@dataclasses.dataclass(frozen=True)
class SyntheticObject:
    """An object made of parts drawn over each other, the last on top."""

    parts: tuple

    def silhouette(self, pose: Pose, time: float, size: tuple[int, int] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The exact mask, without colours: (corner (x, y), mask bool (h, w)).

        A pixel belongs to the mask if its centre is inside a contour. The mask may reach beyond the image, unless the
        image's `size` (width, height) is given.
        """
        corner, points = self._grid(pose, size)
        inside = [part.radius(part.local(points, time), time) <= 1 for part in self.parts]
        return corner, np.logical_or.reduce(inside)

    def render(self, pose: Pose, time: float, size: tuple[int, int]) -> Layer:
        """Draw the object for an image of `size` (width, height); returns a `Layer`."""
        corner, points = self._grid(pose, size)
        colour = np.zeros((*points.shape[:2], 3), dtype=np.float32)
        alpha = np.zeros(points.shape[:2], dtype=np.float32)
        for part in self.parts:
            local = part.local(points, time)
            radius = part.radius(local, time)
            cover = np.clip((1 - radius) * np.min(part.radii) * pose.size + 0.5, 0, 1)
            surface = _texture(part.texture, local) * _shading(points, part, radius, pose)[..., None]
            colour += cover[..., None] * (surface - colour)
            alpha += cover * (1 - alpha)
        return Layer(corner, colour, alpha)

    def _grid(self, pose: Pose, size: tuple[int, int] | None) -> tuple[np.ndarray, np.ndarray]:
        """The pixel centres around the object in its own axes: (corner (x, y), points (h, w, 2) float32)."""
        reach = max(part.reach for part in self.parts) * pose.size + 2
        low, high = np.floor(np.array(pose.centre) - reach), np.ceil(np.array(pose.centre) + reach)
        if size is not None:
            low, high = np.clip(low, 0, size), np.clip(high, 0, size)
        columns, rows = (np.arange(start, end) + 0.5 for start, end in zip(low, high, strict=True))
        grid = np.stack(np.meshgrid(columns - pose.centre[0], rows - pose.centre[1]), axis=-1).astype(np.float32)
        return low.astype(int), _rotate(grid, -pose.angle) / np.float32(pose.size)


def make_creature(rng: np.random.Generator, texture: np.ndarray, deformation: float, limbs: int = 3) -> SyntheticObject:
    """A target: a body, a head and swinging limbs, with one surface.

    Args:
        rng: NumPy random generator.
        texture: (S, S, 3) float32, 0..255, of the body; limbs are darker, the head is paler.
        deformation: how much contours change and limbs swing: 0 rigid, 1 strong.
        limbs: how many.
    """
    dark = texture * 0.8
    pale = np.clip(texture * 1.12 + 8, 0, 255)
    spread = np.linspace(-0.75, 0.75, limbs) + rng.uniform(-0.1, 0.1, limbs)
    parts = [
        _part(rng, (x, 0.62), (0.17, 0.42), 0.3 * deformation, dark, swing=0.1 + 0.5 * deformation) for x in spread
    ]
    parts.append(_part(rng, (0, 0), (1.15, 0.68), 0.1 + 0.5 * deformation, texture, swing=0.1 * deformation))
    parts.append(_part(rng, (1.15, -0.42), (0.42, 0.36), 0.2 * deformation, pale, swing=0.35 * deformation))
    return SyntheticObject(tuple(parts))


def make_blob(
    rng: np.random.Generator, palette: ArrayLike, radii: ArrayLike, exponent: float = 2.0, deformation: float = 0.1
) -> SyntheticObject:
    """An object of one part: a stone, a bush (exponent 2), a trunk or a wall (exponent 6)."""
    texture = colour_texture(rng, (TEXTURE_SIZE, TEXTURE_SIZE), palette, coarsest=TEXTURE_SIZE / 2)
    return SyntheticObject((_part(rng, (0, 0), radii, deformation, texture, exponent=exponent),))


def _part(
    rng: np.random.Generator,
    offset: ArrayLike,
    radii: ArrayLike,
    deformation: float,
    texture: np.ndarray,
    swing: float = 0.0,
    exponent: float = 2.0,
) -> ObjectPart:
    amplitudes = deformation * rng.uniform(0.4, 1, len(ORDERS)) * np.array([0.3, 0.16, 0.1, 0.06])
    return ObjectPart(
        np.asarray(offset, dtype=np.float32),
        np.asarray(radii, dtype=np.float32),
        amplitudes.astype(np.float32),
        rng.uniform(0, 2 * np.pi, len(ORDERS)),
        rng.uniform(0.03, 0.12, len(ORDERS)) * rng.choice([-1, 1], len(ORDERS)),
        (swing, rng.uniform(0.12, 0.25), rng.uniform(0, 2 * np.pi)),
        exponent,
        texture,
    )


def _rotate(points: np.ndarray, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[c, s], [-s, c]], dtype=np.float32)


def _texture(texture: np.ndarray, local: np.ndarray) -> np.ndarray:
    """The part's texture at its own coordinates, so that it moves and deforms with the part."""
    if local.size == 0:  # cv2.remap refuses an empty map, as of an object outside the image
        return np.empty((*local.shape[:2], 3), dtype=np.float32)
    at = (local * 0.42 + 0.5) * len(texture)
    x, y = np.ascontiguousarray(at[..., 0], np.float32), np.ascontiguousarray(at[..., 1], np.float32)
    return cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _shading(points: np.ndarray, part: ObjectPart, radius: np.ndarray, pose: Pose) -> np.ndarray:
    """Lambertian shading of a dome over the contour: 0.55 (facing away) to 1.2 (facing the light)."""
    outward = _rotate(points - part.offset, pose.angle)
    outward = outward / np.maximum(np.linalg.norm(outward, axis=-1, keepdims=True), 1e-6)
    slope = np.clip(radius, 0, 1) ** 2
    height = np.sqrt(1 - slope**2)
    facing = slope * (outward @ LIGHT[:2]) + height * LIGHT[2]
    return 0.55 + 0.65 * np.clip(facing, 0, 1)
