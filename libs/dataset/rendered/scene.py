"""A rendered scene: a moving camera over a textured world, objects behind, the target, objects in front."""

import dataclasses
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from libs.dataset.rendered.objects import Layer, Pose, SyntheticObject, make_blob
from libs.dataset.rendered.textures import BACKGROUND_PALETTES, OBJECT_PALETTES, band_limited_noise, colour_texture

BLUR_SIGMA = 0.6
NOISE_SIGMA = 2.5
SHUTTER = 0.5


@dataclasses.dataclass(frozen=True)
class Actor:
    """An object and its poses in T frames: centres (T, 2) and sizes (T,) in image pixels, angles (T,) in radians."""

    shape: SyntheticObject
    centres: np.ndarray
    angles: np.ndarray
    sizes: np.ndarray

    def pose(self, index: int, shift: float = 0.0) -> Pose:
        """The pose in frame `index`; `shift` (in frames, |shift| < 1) moves it along its velocity."""
        step = self.centres[index] - self.centres[index - 1] if index else self.centres[1] - self.centres[0]
        return Pose(tuple(self.centres[index] + shift * step), float(self.angles[index]), float(self.sizes[index]))

    def speed(self, index: int) -> float:
        """Pixels moved since the previous frame."""
        return float(np.linalg.norm(self.centres[index] - self.centres[index - 1])) if index else 0.0


@dataclasses.dataclass(frozen=True)
class Scene:
    """T frames rendered on demand: `scene[i]` is RGB uint8 (H, W, 3), the same in every call.

    Attributes:
        size: (width, height) in pixels.
        seed: of the sensor's noise.
        world: (H + margin, W + margin, 3) float32 static background.
        camera: (T, 2) the frame's top-left corner in the world, pixels.
        target: the annotated actor.
        behind, before: actors farther from and nearer to the camera than the target.
        gains: (T, 3) of the illumination per channel.
        shade: (H, W) float32 0..1, a soft shadow that falls on everything with weight 1 - gain.
    """

    size: tuple
    seed: int
    world: np.ndarray
    camera: np.ndarray
    target: Actor
    behind: tuple
    before: tuple
    gains: np.ndarray
    shade: np.ndarray

    def __len__(self) -> int:
        return len(self.camera)

    def __getitem__(self, index: int) -> np.ndarray:
        canvas = self._background(index)
        for actor in (*self.behind, self.target, *self.before):
            _shadow(canvas, actor.pose(index))
            canvas = _draw(canvas, actor, index)
        gain = self.gains[index]
        canvas *= gain * (1 - np.clip(1 - gain.mean(), 0, 1) * self.shade[..., None])
        canvas = cv2.GaussianBlur(canvas, (0, 0), BLUR_SIGMA)
        noise = np.random.default_rng([self.seed, index]).standard_normal(canvas.shape, dtype=np.float32)
        return np.clip(canvas + NOISE_SIGMA * noise + 0.5, 0, 255).astype(np.uint8)

    def silhouette(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """The whole target as if nothing hid it, including what is outside the image: (corner (x, y), bool (h, w))."""
        return self.target.shape.silhouette(self.target.pose(index), index)

    def mask(self, index: int) -> np.ndarray:
        """The target's visible pixels, bool (H, W)."""
        mask = self._paste(*self.silhouette(index))
        for actor in self.before:
            mask &= ~self._paste(*actor.shape.silhouette(actor.pose(index), index, self.size))
        return mask

    def labels(self, index: int, actors: Iterable[Actor]) -> np.ndarray:
        """Label mask, uint8 (H, W): k where actor k of a list (from 1) is visible, 0 elsewhere."""
        numbers = {id(actor): number for number, actor in enumerate(actors, start=1)}
        labels = np.zeros(self.size[::-1], dtype=np.uint8)
        for actor in (*self.behind, self.target, *self.before):
            visible = self._paste(*actor.shape.silhouette(actor.pose(index), index, self.size))
            labels[visible] = numbers.get(id(actor), 0)
        return labels

    def _paste(self, corner: np.ndarray, mask: np.ndarray) -> np.ndarray:
        full = np.zeros(self.size[::-1], dtype=bool)
        inside, cut = _overlap(corner, mask.shape, full.shape)
        full[inside] = mask[cut]
        return full

    def _background(self, index: int) -> np.ndarray:
        x, y = self.camera[index]
        shift = np.array([[1, 0, x], [0, 1, y]], dtype=np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(self.world, shift, self.size, flags=flags, borderMode=cv2.BORDER_REFLECT)


@dataclasses.dataclass(frozen=True)
class MaskTrack:
    """The target masks of a scene, through `len` and `[i]`, made on demand."""

    scene: Scene

    def __len__(self) -> int:
        return len(self.scene)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.scene.mask(index)


def make_world(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """The static background, (H, W, 3) float32: two surfaces with a wavy border, and objects on them."""
    height, width = shape
    upper, lower = (BACKGROUND_PALETTES[i] for i in rng.permutation(len(BACKGROUND_PALETTES))[:2])
    far = colour_texture(rng, shape, upper, coarsest=height / 3, contrast=0.7)
    near = colour_texture(rng, shape, lower, coarsest=height / 6, contrast=0.8)
    wave = band_limited_noise(rng, (1, width), coarsest=width / 3, octaves=3) * height * 0.12
    border = height * rng.uniform(0.25, 0.5) + wave
    weight = np.clip((np.arange(height)[:, None] - border) / 3 + 0.5, 0, 1).astype(np.float32)[..., None]
    world = far + weight * (near - far)
    world *= 0.8 + 0.4 * band_limited_noise(rng, shape, coarsest=height, octaves=2)[..., None]
    for _ in range(12):
        palettes = BACKGROUND_PALETTES if rng.random() < 0.75 else OBJECT_PALETTES
        palette = palettes[rng.integers(len(palettes))]
        exponent = 2.0 if rng.random() < 0.6 else 6.0
        thing = make_blob(rng, palette, rng.uniform(0.6, 1.5, 2), exponent, deformation=0.5)
        pose = Pose(
            tuple(rng.uniform(0, 1, 2) * (width, height)), rng.normal(0, 0.15), rng.uniform(0.04, 0.13) * height
        )
        _shadow(world, pose)
        world = _composite(world, thing.render(pose, 0, (width, height)))
    return cv2.GaussianBlur(world, (0, 0), 0.8)


def _draw(canvas: np.ndarray, actor: Actor, index: int) -> np.ndarray:
    """The canvas with an actor, blurred by a shutter that is open for half of the time between frames."""
    samples = int(np.clip(np.ceil(actor.speed(index) * SHUTTER / 2), 1, 8))
    shifts = (np.arange(samples) + 0.5) / samples * SHUTTER - SHUTTER / 2
    layers = [actor.shape.render(actor.pose(index, shift), index, canvas.shape[1::-1]) for shift in shifts]
    return sum(_composite(canvas, layer) for layer in layers) / np.float32(samples)


def _composite(canvas: np.ndarray, layer: Layer) -> np.ndarray:
    """A copy of the canvas with the layer on it."""
    canvas = canvas.copy()
    inside, cut = _overlap(layer.corner, layer.alpha.shape, canvas.shape[:2])
    canvas[inside] = canvas[inside] * (1 - layer.alpha[cut][..., None]) + layer.colour[cut]
    return canvas


def _shadow(canvas: np.ndarray, pose: Pose) -> None:
    """Darken the ground below an object with a soft ellipse."""
    x, y = pose.centre[0] + 0.25 * pose.size, pose.centre[1] + 0.95 * pose.size
    half = np.array([1.5, 0.5]) * pose.size
    corner = np.floor(np.array([x, y]) - 2.5 * half).astype(int)
    shape = np.ceil(5 * half).astype(int)[::-1] + 1
    columns = (np.arange(shape[1]) + 0.5 + corner[0] - x) / half[0]
    rows = (np.arange(shape[0]) + 0.5 + corner[1] - y) / half[1]
    dark = 0.4 * np.exp(-0.5 * (rows[:, None] ** 2 + columns[None, :] ** 2) * 2)
    inside, cut = _overlap(corner, shape, canvas.shape[:2])
    canvas[inside] *= 1 - dark[cut][..., None].astype(np.float32)


def _overlap(
    corner: Sequence[int] | np.ndarray, shape: Sequence[int] | np.ndarray, canvas_shape: Sequence[int]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Slices of a canvas (H, W) and of an array (h, w) placed on it at `corner` (x, y), where both overlap."""
    inside, cut = [], []
    for start, length, limit in zip(corner[::-1], shape, canvas_shape, strict=True):
        low, high = np.clip([start, start + length], 0, limit)
        inside.append(slice(int(low), int(high)))
        cut.append(slice(int(low - start), int(high - start)))
    return tuple(inside), tuple(cut)
