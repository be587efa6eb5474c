"""Textures of the synthetic sequences: band-limited noise mapped through natural colours."""

import cv2
import numpy as np
from numpy.typing import ArrayLike

# Colours (R, G, B) from dark to light; noise runs through them, so that a surface varies like a natural one.
BACKGROUND_PALETTES = (
    ((38, 52, 24), (74, 92, 44), (112, 126, 66), (152, 158, 98)),  # grass
    ((72, 56, 42), (112, 90, 68), (146, 122, 96), (178, 158, 130)),  # soil
    ((82, 84, 86), (114, 116, 116), (140, 140, 138), (172, 170, 166)),  # stone, road
    ((60, 82, 100), (96, 124, 142), (138, 162, 174), (188, 200, 204)),  # water, sky
    ((26, 38, 26), (46, 66, 40), (72, 96, 56), (120, 134, 84)),  # trees
)
OBJECT_PALETTES = (
    ((62, 32, 18), (128, 70, 34), (176, 106, 54), (222, 178, 128)),  # chestnut fur
    ((110, 22, 24), (170, 38, 36), (204, 70, 58), (236, 176, 160)),  # red cloth
    ((20, 32, 82), (34, 62, 138), (66, 104, 186), (176, 198, 228)),  # blue cloth
    ((30, 28, 28), (70, 66, 64), (196, 190, 182), (238, 234, 226)),  # black and white
    ((142, 96, 16), (196, 142, 28), (226, 182, 60), (246, 226, 160)),  # yellow
)


def band_limited_noise(
    rng: np.random.Generator, shape: tuple[int, int], coarsest: float, octaves: int, falloff: float = 0.55
) -> np.ndarray:
    """Sum of octaves of smooth noise, each with half the wavelength and `falloff` times the amplitude of the last.

    Args:
        rng: NumPy random generator.
        shape: (H, W).
        coarsest: wavelength of the first octave in pixels.
        octaves: how many, at least 1.
        falloff: ratio of amplitudes, 0 to 1.

    Returns:
        (H, W) float32 spread evenly over 0..1 (by rank, so that all colours of a palette are used equally).
    """
    height, width = shape
    total = np.zeros(shape, dtype=np.float32)
    for octave in range(octaves):
        step = max(coarsest / 2**octave, 1.0)
        grid = rng.standard_normal((int(height / step) + 3, int(width / step) + 3)).astype(np.float32)
        fine = cv2.resize(grid, (int(grid.shape[1] * step), int(grid.shape[0] * step)), interpolation=cv2.INTER_CUBIC)
        total += falloff**octave * fine[:height, :width]
    spread = np.interp(total, np.quantile(total, np.linspace(0, 1, 33)), np.linspace(0, 1, 33))
    return spread.astype(np.float32)


def colour_texture(
    rng: np.random.Generator, shape: tuple[int, int], palette: ArrayLike, coarsest: float, contrast: float = 1.0
) -> np.ndarray:
    """A surface in the palette's colours.

    Args:
        rng: NumPy random generator.
        shape: (H, W).
        palette: K colours (R, G, B), 0..255, from dark to light.
        coarsest: wavelength in pixels of the largest patches.
        contrast: 1 uses the whole palette, 0 only its mean.

    Returns:
        (H, W, 3) float32, 0..255.
    """
    palette = np.asarray(palette, dtype=np.float32)
    value = band_limited_noise(rng, shape, coarsest, octaves=5)
    stops = np.linspace(0, 1, len(palette))
    colour = np.stack([np.interp(value, stops, palette[:, channel]) for channel in range(3)], axis=-1)
    colour = palette.mean(axis=0) + contrast * (colour - palette.mean(axis=0))
    grain = band_limited_noise(rng, shape, coarsest=4, octaves=2)[..., None] - 0.5
    tint = np.stack([band_limited_noise(rng, shape, coarsest, octaves=1) for _ in range(3)], axis=-1) - 0.5
    return np.clip(colour + 22 * grain + 14 * tint, 0, 255).astype(np.float32)


def patterned_texture(rng: np.random.Generator, palette: ArrayLike, size: int = 160) -> np.ndarray:
    """An animal's or garment's surface, (size, size, 3) float32: the palette's texture with stripes or spots."""
    texture = colour_texture(rng, (size, size), palette, coarsest=size / 3, contrast=0.55)
    bend = band_limited_noise(rng, (size, size), coarsest=size / 2, octaves=2)
    if rng.random() < 0.5:
        rows = np.arange(size, dtype=np.float32)[:, None] / size
        pattern = np.sin(2 * np.pi * (rng.uniform(3, 6) * rows + 1.5 * bend))
    else:
        pattern = 6 * (band_limited_noise(rng, (size, size), coarsest=size / 6, octaves=1) - 0.7)
    weight = 1 / (1 + np.exp(-4 * pattern))[..., None]
    ink = np.asarray(palette, dtype=np.float32)[int(rng.integers(2)) * -1]
    return (texture + 0.6 * weight * (ink - texture)).astype(np.float32)
