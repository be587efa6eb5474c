"""Waiting for a GPU once a frame: what the frame will most likely need is computed before the host knows it does.

The host reads twice in a frame: where the filter sees the target, and the mask of the crop around it. Looking ahead,
the device cuts and segments the crop around the highest score by itself, and both results come to the host together.
The host then decides as ever. Where it decides for another crop (it is not certain of that score, say), what was
computed ahead is left alone and that crop is segmented.
"""

import dataclasses

import torch

from libs.utils.crops import CropWindow
from libs.utils.device_crops import sample_square


@dataclasses.dataclass(frozen=True)
class Ahead:
    """A crop segmented before it was asked for. What it has on the host is valid once the device was waited for.

    Attributes:
        corner: (2,) float64 tensor on the host, x, y of the crop in image pixels.
        side: of the crop in image pixels.
        probability: (S, S) tensor, of the target.
        on_target: (S, S) bool tensor on the host, where it is over the mask's threshold.
    """

    corner: torch.Tensor
    side: float
    probability: torch.Tensor
    on_target: torch.Tensor

    def is_of(self, window):
        """Whether this is the crop of a CropWindow."""
        return [*self.corner.tolist(), self.side] == [window.x, window.y, window.side]


def segment_ahead(segmenter, frame, place, state, factor, threshold):
    """Segment the crop around a place that the host has not read. Nothing is waited for.

    Args:
        segmenter: Segmenter.
        frame: uint8 (H, W, 3) tensor on its device.
        place: (2,) float64 tensor there, x, y of the crop's centre in image pixels; held inside the image.
        state: TargetState, for the crop's size.
        factor: side of the crop over sqrt(w * h).
        threshold: of the probability.

    Returns:
        Ahead.
    """
    corner, side = _segmentation_square(place, frame.shape, state.size, factor)
    segmenter.encode_crop(sample_square(frame, corner, side, segmenter.crop_size))
    probability = segmenter.read()
    on_target = (probability > threshold).to("cpu", non_blocking=True)
    return Ahead(corner.to("cpu", non_blocking=True), side, probability, on_target)


def _segmentation_square(place, image_shape, target_size, factor):
    """Corner (tensor) and side of the tracker's segmentation window around a place, by the same operations."""
    side = CropWindow.segmentation((0, 0, *target_size), factor, 1).side
    edges = []
    for coordinate, length, extent in zip(place, image_shape[1::-1], target_size.tolist(), strict=True):
        left = coordinate.clamp(0, length) - extent / 2
        edges.append(torch.round(left + extent / 2 - side / 2))
    return torch.stack(edges), side
