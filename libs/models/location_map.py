"""The location map: tells the decoder where in the crop the target is expected."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def location_map(
    size: int | tuple[int, int],
    scale: float | None = None,
    centre: Tensor | np.ndarray | Sequence[float] | None = None,
    device: torch.device | str | None = None,
) -> Tensor:
    """Distance of every pixel from the expected target centre, divided by `scale`.

    The zero lies half a pixel left of and above the centre: for the crop's centre at index (h/2 - 1, w/2 - 1), as the
    released network expects it in tracking. Training uses the same position, or the two would be half a pixel apart.

    Args:
        size: side of the crop in pixels, or (height, width).
        scale: pixels per unit of the map; None means the width of the map.
        centre: point (x, y) in edge coordinates (pixel (row, col) has its centre at (col + 0.5, row + 0.5)), or a
            tensor (..., 2) of points. None means the crop's centre.
        device: of the result; None means that of `centre`, or the default device.

    Returns:
        float32 (height, width), or (..., height, width) for several centres.
    """
    height, width = (size, size) if isinstance(size, int) else size
    if centre is None:
        centre = (width // 2, height // 2)
    centre = torch.as_tensor(centre, dtype=torch.float32, device=device)
    dx = torch.arange(width, device=centre.device) + 1 - centre[..., 0, None]
    dy = torch.arange(height, device=centre.device) + 1 - centre[..., 1, None]
    return torch.hypot(dy[..., :, None], dx[..., None, :]) / (width if scale is None else scale)
