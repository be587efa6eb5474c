"""Short clips made from stills: a cut-out object moves over a background with its own motion.

Layers from back to front: the background (the object's own, filled in behind it, or another still), a distractor, the
target, an occluder. Each has its own smooth motion, see `LayerMotion`.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeAlias

import cv2
import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveInt

from libs.utils.masks import tight_box
from libs.utils.params import Params
from ltr.data.motion import LayerMotion

Probability = Annotated[float, Field(ge=0, le=1)]

Cutout: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Image (H, W, 3) uint8 and the mask (H, W) bool of an object in it."""
Place: TypeAlias = tuple[float, tuple[float, float]]
"""Side, sqrt(w*h) in pixels, and centre x, y of an object to be placed."""

TARGET, DISTRACTOR, UNLABELLED = 1, 2, 0
MIN_VISIBLE = 0.35
"""Least share of the target that an occluder leaves visible in the first frame."""
BESIDE = 0.7, 1.4
"""Range of the centre of a distractor beside the target, in widths and heights of the target's box."""
PART_SIDES = 0.4, 1.0
"""Range of the sides of the box that cuts out a part, in sides of the object's box."""
MIN_PART = 0.15
"""Least share of the object's pixels in a part."""
FILL_SCALE = 4
"""The hole behind the object is filled at a resolution this many times lower, where inpainting is fast."""

NO_SECOND_MAP: Any = None
"""The second map, unused because one map holds x and y; OpenCV's stubs require two."""


class SynthesisSettings(Params):
    """How clips are made from stills."""

    canvas_size: PositiveInt = 640
    """Longest side of a synthetic frame in pixels; larger stills are shrunk."""
    paste: Probability = 0.5
    """Probability that the object is pasted on another still."""
    part: Probability = 0.0
    """Probability that the target is not the whole object but what a box cuts out of it, such as its upper half."""
    distractor: Probability = 0.3
    """Probability of a second object behind the target: a copy of it, or another still's."""
    beside: Probability = 0.0
    """Share of these that stand beside the target in the first frame and are about as large."""
    occluder: Probability = 0.3
    """Probability of another still's object in front of the target."""
    object_travel: NonNegativeFloat = 0.35
    """Deviation of the object's shift over the clip, in units of its sqrt(w*h)."""
    object_turn: NonNegativeFloat = 0.3
    """Deviation of its rotation in radians (log scale and shear: half of it)."""
    object_bend: NonNegativeFloat = 0.05
    """Deviation of its thin-plate control points, in units of its sqrt(w*h)."""
    background_travel: NonNegativeFloat = 0.05
    """The same for the background, in units of the frame's sqrt(w*h)."""
    background_turn: NonNegativeFloat = 0.08
    """As `object_turn`."""
    background_bend: NonNegativeFloat = 0.02
    """As `object_bend`."""


@dataclasses.dataclass(frozen=True)
class _Layer:
    """One moving layer: image (H, W, 3) uint8, alpha (H, W) float32 and the part of it that is labelled, all on the
    canvas of frame 0; and its label."""

    image: np.ndarray
    alpha: np.ndarray
    labelled: np.ndarray
    motion: LayerMotion
    label: int

    def render(self, frame: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Colours (H, W, 3), alpha (H, W) and labelled part (H, W) of this layer in a frame."""
        sources = self.motion.backward_map(frame, self.alpha.shape)
        image = cv2.remap(self.image, sources, NO_SECOND_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        alpha = cv2.remap(self.alpha, sources, NO_SECOND_MAP, cv2.INTER_LINEAR)
        if self.labelled is self.alpha:
            return image, alpha, alpha
        return image, alpha, cv2.remap(self.labelled, sources, NO_SECOND_MAP, cv2.INTER_LINEAR)


def synthesize_clip(
    rng: np.random.Generator,
    target: Cutout,
    draw_other: Callable[[], Cutout],
    settings: SynthesisSettings,
    frames: int = 3,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Make a clip from one object of a still.

    Args:
        rng: numpy Generator.
        target: (image (H, W, 3) uint8, mask (H, W) bool with at least one pixel).
        draw_other: function that returns another such pair, for backgrounds, distractors and occluders.
        settings: SynthesisSettings.
        frames: number of frames T.

    Returns:
        List of T (image (H', W', 3) uint8, mask (H', W') uint8: 0 background, 1 target, 2 distractor).
    """
    image, mask = _fit_canvas(*target, settings.canvas_size)
    if rng.random() < settings.paste:
        background, _ = _fit_canvas(*draw_other(), settings.canvas_size)
        shape = background.shape[:2]
        image, alpha = _place(rng, image, mask, shape, *_any_place(rng, shape))
    else:
        background, alpha = _fill_hole(image, mask), mask.astype(np.float32)
    layers = [_background_layer(rng, background, frames, settings)]
    target_layer = _object_layer(rng, image, alpha, TARGET, frames, settings)
    if rng.random() < settings.part:
        target_layer = dataclasses.replace(target_layer, labelled=_part(rng, alpha))
    if rng.random() < settings.distractor:
        other = (image, alpha > 0.5) if rng.random() < 0.5 else _fit_canvas(*draw_other(), settings.canvas_size)
        placed = _place(rng, *other, alpha.shape, *_distractor_place(rng, alpha, settings))
        layers.append(_object_layer(rng, *placed, DISTRACTOR, frames, settings))
    layers.append(target_layer)
    if rng.random() < settings.occluder:
        other = _fit_canvas(*draw_other(), settings.canvas_size)
        layers += _acceptable_occluder(rng, other, target_layer, frames, settings)
    return [_composite(layers, frame) for frame in range(frames)]


def _composite(layers: Sequence[_Layer], frame: int) -> tuple[np.ndarray, np.ndarray]:
    canvas, _, _ = layers[0].render(frame)
    labels = np.zeros(canvas.shape[:2], dtype=np.uint8)
    for layer in layers[1:]:
        image, alpha, labelled = layer.render(frame)
        soft = cv2.GaussianBlur(alpha, (3, 3), 0)[..., None]
        canvas = np.rint(canvas + soft * (image.astype(np.float32) - canvas)).astype(np.uint8)
        labels[alpha > 0.5] = UNLABELLED
        labels[labelled > 0.5] = layer.label
    return canvas, labels


def _background_layer(rng: np.random.Generator, image: np.ndarray, frames: int, settings: SynthesisSettings) -> _Layer:
    height, width = image.shape[:2]
    travel, turn, bend = settings.background_travel, settings.background_turn, settings.background_bend
    motion = LayerMotion(rng, frames, (0, 0, width, height), travel, turn, bend)
    whole = np.ones((height, width), dtype=np.float32)
    return _Layer(image, whole, whole, motion, UNLABELLED)


def _object_layer(
    rng: np.random.Generator, image: np.ndarray, alpha: np.ndarray, label: int, frames: int, settings: SynthesisSettings
) -> _Layer:
    box = tight_box(alpha > 0.5)
    motion = LayerMotion(rng, frames, box, settings.object_travel, settings.object_turn, settings.object_bend)
    return _Layer(image, alpha, alpha, motion, label)


def _part(rng: np.random.Generator, alpha: np.ndarray) -> np.ndarray:
    """The part of an object's alpha inside a random box; all of it if that part is very small."""
    x, y, w, h = tight_box(alpha > 0.5)
    (width, height), place = np.array([w, h]) * rng.uniform(*PART_SIDES, 2), rng.random(2)
    left, top = (int(corner) for corner in (x, y) + place * (w - width, h - height))
    part = np.zeros_like(alpha)
    box = np.s_[top : top + math.ceil(height), left : left + math.ceil(width)]
    part[box] = alpha[box]
    return part if (part > 0.5).sum() >= MIN_PART * (alpha > 0.5).sum() else alpha


def _distractor_place(rng: np.random.Generator, target_alpha: np.ndarray, settings: SynthesisSettings) -> Place:
    """Side and centre of a distractor, see `_place`: anywhere, or beside the target."""
    if rng.random() >= settings.beside:
        return _any_place(rng, target_alpha.shape)
    x, y, w, h = tight_box(target_alpha > 0.5)
    side = math.sqrt(w * h) * math.exp(0.2 * rng.standard_normal())
    angle, distance = rng.uniform(0, 2 * math.pi), rng.uniform(*BESIDE)
    return side, (x + w * (0.5 + distance * math.cos(angle)), y + h * (0.5 + distance * math.sin(angle)))


def _acceptable_occluder(
    rng: np.random.Generator, still: Cutout, target: _Layer, frames: int, settings: SynthesisSettings
) -> list[_Layer]:
    """A list with an occluder; empty if it would hide the target in the first frame."""
    shape = target.alpha.shape
    placed = _place(rng, *still, shape, *_any_place(rng, shape))
    occluder = _object_layer(rng, *placed, UNLABELLED, frames, settings)
    hidden = (target.labelled > 0.5) & (occluder.alpha > 0.5)
    return [occluder] if hidden.sum() <= (1 - MIN_VISIBLE) * (target.labelled > 0.5).sum() else []


def _any_place(rng: np.random.Generator, shape: tuple[int, ...]) -> Place:
    """Side and centre of a cut-out anywhere on a canvas of `shape`, see `_place`."""
    height, width = shape
    x, y = rng.uniform((0.15 * width, 0.15 * height), (0.85 * width, 0.85 * height))
    return math.sqrt(height * width) * rng.uniform(0.12, 0.45), (x, y)


def _place(
    rng: np.random.Generator,
    image: np.ndarray,
    mask: np.ndarray,
    shape: tuple[int, ...],
    side: float,
    centre: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray]:
    """Put a cut-out, mirrored or not, on a canvas of `shape`: its image and alpha there, at least one pixel inside.

    `side` is the sqrt(w*h) of its box, reduced if the canvas is too small; `centre` is its centre (x, y).
    """
    x, y, w, h = tight_box(mask)
    height, width = shape
    scale = min(side / math.sqrt(w * h), 0.9 * height / h, 0.9 * width / w)
    mirror = -1 if rng.random() < 0.5 else 1
    matrix = np.array([[mirror * scale, 0, 0], [0, scale, 0]])
    matrix[:, 2] = centre - matrix[:, :2] @ (x + w / 2, y + h / 2)
    reduced = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    placed = cv2.warpAffine(image, matrix, (width, height), flags=reduced, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(mask.astype(np.float32), matrix, (width, height), flags=cv2.INTER_LINEAR)
    if not (alpha > 0.5).any():
        row, column = (int(np.clip(value, 0, limit - 1)) for value, limit in zip(centre[::-1], shape, strict=True))
        alpha[row, column] = 1.0
    return placed, alpha


def _fit_canvas(image: np.ndarray, mask: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray]:
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image, mask
    size = tuple(max(1, round(length * scale)) for length in (image.shape[1], image.shape[0]))
    shrunk = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), shrunk


def _fill_hole(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The image with a plausible background in place of the object."""
    height, width = mask.shape
    size = max(1, width // FILL_SCALE), max(1, height // FILL_SCALE)
    hole = cv2.dilate(
        cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA), np.ones((3, 3)), iterations=2
    )
    small = cv2.inpaint(cv2.resize(image, size, interpolation=cv2.INTER_AREA), hole, 3, cv2.INPAINT_TELEA)
    filled = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(cv2.dilate(mask.astype(np.float32), np.ones((5, 5))), (5, 5), 0)[..., None]
    return np.rint(image + soft * (filled.astype(np.float32) - image)).astype(np.uint8)
