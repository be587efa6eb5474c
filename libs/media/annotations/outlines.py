"""Masks as polygons and back, exactly: outlines run along the edges of pixels."""

from collections.abc import Iterable

import cv2
import numpy as np

from libs.media.annotations.record import Size
from libs.utils.polygons import polygon_to_mask

Corner = tuple[int, int]


def mask_outlines(mask: np.ndarray, tolerance: float = 0.0) -> list[np.ndarray]:
    """The outline of each connected part of a mask.

    A cut of zero width joins each hole to the outline around it, so that the even-odd rule leaves the hole out.

    Args:
        mask: (H, W) bool.
        tolerance: by how many pixels an outline may be off, so that it has fewer corners; 0: exact.

    Returns:
        (N, 2) float64 corners x, y in edge coordinates of each part, the largest first; nothing for an empty mask or
        for parts that vanish within the tolerance.
    """
    # Parts that only touch at a corner are separate, so that no outline touches itself.
    _, labels, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(mask, dtype=np.uint8), connectivity=4)
    parts = sorted(range(1, len(stats)), key=lambda part: -stats[part, cv2.CC_STAT_AREA])
    outlines = []
    for part in parts:
        x, y, width, height, _ = stats[part].tolist()
        rings = _rings(labels[y : y + height, x : x + width] == part)
        rings = [ring for ring in (_simplify(ring, tolerance) for ring in rings) if len(ring) > 2]
        if rings:
            outlines.append(join_outlines(rings) + [x, y])
    return outlines


def join_outlines(outlines: list[np.ndarray]) -> np.ndarray:
    """(N, 2) one outline made of one or more, (K, 2) each, joined by cuts of zero width."""
    first = outlines[0]
    joined = [first]
    for outline in outlines[1:]:
        # Along the axes, where every program rounds the same way; closed, and back to where the next one begins.
        bend = [[first[0, 0], outline[0, 1]]]
        joined += [first[:1], bend, outline, outline[:1], bend]
    return np.concatenate([np.asarray(piece, dtype=np.float64) for piece in joined])


def draw_outlines(outlines: Iterable[np.ndarray], size: Size) -> np.ndarray:
    """(H, W) bool: the pixels with their centre in one of the outlines, (N, 2) each, by the even-odd rule."""
    mask = np.zeros(size, dtype=bool)
    for outline in outlines:
        mask |= polygon_to_mask(outline, size)
    return mask


def _simplify(ring: np.ndarray, tolerance: float) -> np.ndarray:
    return cv2.approxPolyDP(ring.astype(np.float32), tolerance, True)[:, 0].astype(np.float64) if tolerance else ring


def _rings(part: np.ndarray) -> list[np.ndarray]:
    """The closed lines around and inside a 4-connected mask, (N, 2) corners each; the outer one first."""
    steps = _steps(part)
    rings = []
    while steps:
        # The first corner in reading order is on the outer line, then on that of the first hole.
        start = min(steps, key=lambda corner: (corner[1], corner[0]))
        rings.append(_walk(steps, start))
    return rings


def _steps(part: np.ndarray) -> dict[Corner, list[Corner]]:
    """Corner -> the corners that a unit edge leads to, with the mask on its right-hand side."""
    padded = np.pad(part, 1)
    steps: dict[Corner, list[Corner]] = {}
    below, above = padded[1:, 1:-1], padded[:-1, 1:-1]
    right, left = padded[1:-1, 1:], padded[1:-1, :-1]
    kinds = (
        (below & ~above, (0, 0), (1, 0)),
        (above & ~below, (1, 0), (0, 0)),
        (right & ~left, (0, 1), (0, 0)),
        (left & ~right, (0, 0), (0, 1)),
    )
    for edges, (x0, y0), (x1, y1) in kinds:
        for y, x in np.argwhere(edges).tolist():
            steps.setdefault((x + x0, y + y0), []).append((x + x1, y + y1))
    return steps


def _walk(steps: dict[Corner, list[Corner]], start: Corner) -> np.ndarray:
    """Take a closed line out of the steps; returns its (N, 2) corners, without those in the middle of a side."""
    corners: list[Corner] = []
    corner, before = start, (0, 0)
    while True:
        ways = steps[corner]
        # Where pixels touch at a corner, turn right: they are separate.
        turn = next((way for way in ways if _turns_right(before, corner, way)), ways[0])
        ways.remove(turn)
        if not ways:
            del steps[corner]
        direction = turn[0] - corner[0], turn[1] - corner[1]
        if direction != before:
            corners.append(corner)
        corner, before = turn, direction
        if corner == start:
            return np.array(corners, dtype=np.float64)


def _turns_right(before: Corner, corner: Corner, way: Corner) -> bool:
    ahead = way[0] - corner[0], way[1] - corner[1]
    return before[0] * ahead[1] - before[1] * ahead[0] > 0
