"""Several targets in one image, segmented apart, each in its own crop: what share of every pixel each of them has."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from libs.models.aggregation import soft_aggregation
from libs.utils.crops import CropWindow, Part

ABSENT = 0.1
"""A target whose probability is nowhere above this in a crop is not in it."""


def merge_targets(
    segmented: Mapping[int, tuple[Tensor, CropWindow]], known: Mapping[int, np.ndarray], image_shape: tuple[int, ...]
) -> dict[int, Tensor]:
    """Soft aggregation of the targets of one frame, in the crop of each.

    A target's own probability is taken as it is, those of the others are brought into its crop through the image, so
    that no target's mask is sampled twice for its own memory.

    Args:
        segmented: number -> (probability in 0..1, tensor (S, S), CropWindow it was computed in).
        known: number -> (H, W) bool, the mask of a target that is annotated in this frame: its pixels are certain.
        image_shape: (H, W, ...).

    Returns:
        dict: number of each segmented target -> tensor (K + 1, S, S) on its probability's device, K being the number of
        the targets in its crop: shares that sum to one at every pixel; 0 is the background, 1 the target itself, the
        others follow. A target that is alone in its crop has nothing to share, and is left out: nothing that happens
        elsewhere in the image changes what it remembers.
    """
    if len(segmented) + len(known) < 2:
        return {}
    in_image = {number: Part(np.asarray(mask, dtype=np.float32), 0, 0) for number, mask in known.items()}
    for number, (probability, window) in segmented.items():
        in_image[number] = window.paste_part(probability.cpu().numpy(), image_shape)
    merged = {}
    for number, (probability, window) in segmented.items():
        others = [window.extract_part(part, image_shape) for other, part in in_image.items() if other != number]
        others = [other for other in others if other is not None and other.max() > ABSENT]
        if not others:
            continue
        others = torch.from_numpy(np.stack(others)).to(probability.device)
        merged[number] = soft_aggregation(torch.cat([probability[None], others]))
    return merged
