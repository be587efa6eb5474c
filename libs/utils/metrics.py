"""How well two masks agree: region similarity J and boundary measure F, as DAVIS defines them.

Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation", CVPR 2016, section 5.
"""

import math

import numpy as np

from libs.utils.errors import DataError
from libs.utils.masks import dilate


def scored_frames(first: int, length: int) -> range:
    """The frames of a video that count for an object: not its first, whose mask is given, and not the video's last.

    DAVIS and SA-V evaluate this way ("semi-supervised"); frames without annotation do not count either.

    Args:
        first: index of the object's first frame.
        length: frames of the video.
    """
    return range(first + 1, length - 1)


def region_similarity(mask_a: np.ndarray, mask_b: np.ndarray, void: np.ndarray | None = None) -> float:
    """J: intersection over union, in 0..1, of two masks (H, W); 1 if both are empty.

    Args:
        mask_a, mask_b: nonzero on the object.
        void: (H, W) bool, pixels that count for nothing; None: there are none.

    Raises:
        DataError: when the masks differ in size.
    """
    mask_a, mask_b = _comparable(mask_a, mask_b, void)
    union = np.count_nonzero(mask_a | mask_b)
    return np.count_nonzero(mask_a & mask_b) / union if union else 1.0


def boundary_f(mask: np.ndarray, truth: np.ndarray, void: np.ndarray | None = None, tolerance: float = 0.008) -> float:
    """F: harmonic mean of boundary precision and recall, in 0..1, of two masks (H, W).

    A boundary pixel counts as matched if one of the other mask's boundary is within `tolerance` times the image's
    diagonal, rounded up to whole pixels. 1 if neither mask has a boundary, 0 if only one has.

    Args:
        mask, truth: nonzero on the object.
        void: as for `region_similarity`; both masks lose these pixels before their boundaries are drawn.
        tolerance: for distances, as a fraction of the diagonal.

    Raises:
        DataError: when the masks differ in size.
    """
    mask, truth = _comparable(mask, truth, void)
    radius = math.ceil(tolerance * math.hypot(*mask.shape))
    edge, true_edge = _boundary(mask), _boundary(truth)
    if not edge.any() or not true_edge.any():
        return float(edge.any() == true_edge.any())
    precision = np.count_nonzero(edge & dilate(true_edge, radius)) / np.count_nonzero(edge)
    recall = np.count_nonzero(true_edge & dilate(edge, radius)) / np.count_nonzero(true_edge)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _boundary(mask: np.ndarray) -> np.ndarray:
    """Pixels that differ from their right, lower or lower right neighbour; the image's border is not a boundary."""
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    return (mask != padded[:-1, 1:]) | (mask != padded[1:, :-1]) | (mask != padded[1:, 1:])


def _comparable(mask_a: np.ndarray, mask_b: np.ndarray, void: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Both as bool (H, W), without the void pixels."""
    mask_a, mask_b = np.asarray(mask_a, dtype=bool), np.asarray(mask_b, dtype=bool)
    if mask_a.shape != mask_b.shape or mask_a.ndim != 2:
        raise DataError(f"masks of shapes {mask_a.shape} and {mask_b.shape} cannot be compared; give two (H, W) alike")
    return (mask_a, mask_b) if void is None else (mask_a & ~void, mask_b & ~void)
