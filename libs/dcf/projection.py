"""The projection from the network's many channels to the few that the filter uses."""

import torch
from torch import Tensor


def principal_axes(features: Tensor, n_axes: int) -> Tensor:
    """The leading principal axes of the features over all samples and positions.

    Computed from the eigenvectors of the channels' covariance, which is small, not from a singular value decomposition
    of the many features.

    Args:
        features: (N, C, h, w).
        n_axes: K <= C.

    Returns:
        (K, C) with orthonormal rows, in order of decreasing variance; their signs are arbitrary. If the features span
        fewer than K directions, the remaining rows complete the basis.
    """
    axes = torch.linalg.eigh(channel_covariance(features)).eigenvectors
    return axes[:, -n_axes:].flip(1).T.contiguous()


def channel_covariance(features: Tensor) -> Tensor:
    """(C, C) covariance of the channels of features (N, C, h, w) over all samples and positions, times their number."""
    rows = channel_rows(features)
    centred = rows - rows.mean(0)
    return centred.T @ centred


def random_projection(features: Tensor, n_axes: int) -> Tensor:
    """(K, C) normal numbers with variance 1 / C, always the same: a tracker must reproduce its results."""
    n_channels = features.shape[1]
    generator = torch.Generator().manual_seed(0)
    return (torch.randn(n_axes, n_channels, generator=generator) / n_channels**0.5).to(features)


def project(features: Tensor, projection: Tensor) -> Tensor:
    """Project (N, C, h, w) features by (K, C) to (N, K, h, w), channels last in memory."""
    n, _, h, w = features.shape
    return (channel_rows(features) @ projection.T).view(n, h, w, -1).permute(0, 3, 1, 2)


def channel_rows(features: Tensor) -> Tensor:
    """(N, C, h, w) as a (N * h * w, C) matrix: a view of a tensor that is channels last in memory, else a copy."""
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])


def normalize_features(features: Tensor) -> Tensor:
    """Features scaled to unit mean square over channels and positions, per sample; all-zero features stay zero.

    Values that are not finite (fp16 ends at 65504) become zero: once learned, they would spoil the filter for good.

    Args:
        features: (N, C, h, w), any float dtype.

    Returns:
        (N, C, h, w) float32 (float64 if given float64), channels last in memory.
    """
    features = features.to(torch.promote_types(features.dtype, torch.float32), memory_format=torch.channels_last)
    features = features.nan_to_num(nan=0, posinf=0, neginf=0)
    power = features.square().mean((1, 2, 3), keepdim=True)
    return features / torch.sqrt(power + 1e-10)
