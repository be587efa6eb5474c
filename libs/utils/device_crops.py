"""Crops of a frame that lies on the network's device: cut, resized and normalised there.

On a GPU the frame is uploaded once, both memories' crops are made from it, and where a crop lies may be a tensor that
the host has not read. The sampling along one axis is a matrix, so that a crop is two matrix products.
"""

import torch

from libs.utils.crops import SMOOTHED_FROM, normalize_crops, normalize_pixels


def upload(image, device):
    """A frame (H, W, 3) uint8 as a tensor on a device; on CUDA through pinned memory, without waiting for the copy."""
    frame = torch.empty(image.shape, dtype=torch.uint8, pin_memory=device.type == "cuda")
    frame.numpy()[:] = image
    return frame.to(device, non_blocking=True)


def crop_input(image, window, device):
    """Network input of one crop: (1, 3, S, S) float32, ImageNet-normalised, channels-last.

    Args:
        image: RGB uint8 (H, W, 3), a NumPy array or a tensor that was `upload`ed.
        window: CropWindow.
        device: torch device of the result.
    """
    if isinstance(image, torch.Tensor):
        return sample_square(image, (window.x, window.y), window.side, window.size)
    return normalize_crops([window.extract(image)], device)


def sample_square(frame, corner, side, size):
    """Network input of a square of an uploaded frame, as `crop_input`.

    Below 2 image pixels per crop pixel the sampling is that of `CropWindow.extract`, to one grey level; from there on
    pixels are averaged under a triangle as wide as two crop pixels, where `extract` averages over areas.

    Args:
        frame: uint8 (H, W, 3) tensor.
        corner: x and y of the square's corner in image pixels: two numbers, or a float64 tensor (2,) on the frame's
            device.
        side: in image pixels, > 0.
        size: in crop pixels.
    """
    height, width = frame.shape[:2]
    columns, rows = (
        _axis_weights(start, side, size, length, frame.device)
        for start, length in zip(corner, (width, height), strict=True)
    )
    pixels = (rows @ frame.permute(2, 0, 1).float() @ columns.T).round_()
    return normalize_pixels(pixels[None].contiguous(memory_format=torch.channels_last))


def _axis_weights(start, side, size, length, device):
    """(size, length) float32: weights of an axis's pixels in those of the crop; borders are replicated."""
    scale, inset = side / size, min(0.5, side / 2)
    steps = (torch.arange(size, dtype=torch.float64, device=device) + 0.5) * scale
    positions = start + steps.clamp(inset, side - inset)
    pixels = torch.arange(length, dtype=torch.float64, device=device) + 0.5
    reach = scale if scale >= SMOOTHED_FROM else 1.0
    distances = (positions.clamp(0.5, length - 0.5)[:, None] - pixels).abs()
    weights = (1 - distances / reach).clamp(min=0)
    return (weights / weights.sum(dim=1, keepdim=True)).float()
