"""The colours of object indices, and the indices of colours."""

import functools

import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in a colour's lightness."""
LEAST_LIGHT = 110
"""Lowest lightness of what is drawn over pictures, 0..255."""

DISTINCT = (
    *((230, 159, 0), (86, 180, 233), (0, 158, 115), (204, 121, 167), (240, 228, 66), (213, 94, 0)),
    (0, 114, 178),
)
"""Okabe and Ito's colours (2008), chosen so that colour-blind people tell them apart."""


@functools.cache
def davis_palette() -> np.ndarray:
    """(256, 3) uint8 colours of object indices in DAVIS, YouTube-VOS and PASCAL VOC.

    The bits of the index go to red, green and blue in turn, from the colour's highest bit down.
    """
    index = np.arange(256)[:, None]
    palette = np.zeros((256, 3), dtype=np.int64)
    for level in range(8):
        palette |= ((index >> (3 * level + np.arange(3))) & 1) << (7 - level)
    palette = palette.astype(np.uint8)
    palette.setflags(write=False)
    return palette


def colours_to_indices(colours: np.ndarray) -> np.ndarray | None:
    """The indices of colours in the DAVIS palette.

    Args:
        colours: (N, 3) uint8.

    Returns:
        (N,) uint8, or None if a colour is not in the palette.
    """
    known = {tuple(colour): index for index, colour in enumerate(davis_palette().tolist())}
    indices = [known.get(tuple(colour)) for colour in np.asarray(colours).tolist()]
    return None if None in indices else np.array(indices, dtype=np.uint8)


def palette_to_labels(used: np.ndarray, palette: np.ndarray) -> np.ndarray | None:
    """What the indices of a palette image stand for.

    An index is an object, unless the palette says otherwise: black and white alone, in either order, make a binary mask
    (255), and DAVIS colours in another order come from a quantised picture of them.

    Args:
        used: (K,) ascending, the indices that occur in the image.
        palette: (P, 3) uint8, P at most 256.

    Returns:
        (256,) uint8: label of each index; None if that is unclear, as for a picture in a web palette.
    """
    labels = np.arange(256, dtype=np.uint8)
    if used[-1] >= len(palette):
        return labels
    colours = palette[used]
    is_ramp = (colours == used[:, None]).all()
    if is_ramp or is_davis(used, palette) or (len(used) > 1 and (colours == colours[0]).all()):
        return labels
    black, white = (colours == 0).all(axis=1), (colours == 255).all(axis=1)
    if (black | white).all() and ((black.any() and white.any()) or _is_black_and_white(palette)):
        labels[used] = 255 * white.astype(np.uint8)
        return labels
    by_colour = colours_to_indices(colours)
    if by_colour is not None:
        labels[used] = by_colour
        return labels
    # The user's own colours: indices, as long as the background is index 0.
    background_first = used[0] == 0 or (palette[0] == 0).all()
    understood = background_first and not black[used != 0].any() and not _is_web_palette(palette)
    return labels if understood else None


def is_davis(used: np.ndarray, palette: np.ndarray) -> bool:
    """Whether these indices have the colours of the DAVIS palette; arguments as for `palette_to_labels`."""
    return bool(used[-1] < len(palette) and (palette[used] == davis_palette()[used]).all())


def _is_black_and_white(palette: np.ndarray) -> bool:
    is_grey = (np.ptp(palette, axis=1) == 0).all()
    return bool(is_grey and np.isin(palette, (0, 255)).all() and (palette == 255).any())


def _is_web_palette(palette: np.ndarray) -> bool:
    """Whether these are the 216 colours of a web palette, a cube of six levels per channel."""
    return bool(len(palette) >= 216 and (palette % 51 == 0).all() and len(np.unique(palette, axis=0)) == 216)


def bright_colour(number: int) -> tuple[int, int, int]:
    """(r, g, b) of an object drawn over pictures.

    The first seven can be told apart with any kind of colour vision; further ones come from the DAVIS palette. Colours
    too dark to see on a dark picture are lightened.
    """
    of_palette = number > len(DISTINCT)
    colour = (davis_palette()[number] if of_palette else np.array(DISTINCT[number - 1])).astype(float)
    light = float(colour @ LUMA)
    if light < LEAST_LIGHT:
        colour += (255 - colour) * (LEAST_LIGHT - light) / (255 - light)
    red, green, blue = np.rint(colour).astype(int).tolist()
    return red, green, blue
