"""The correlation filter as programs: features, start, scores and learning, with fixed numbers of steps.

Centres and positions are (x, y) in pixels of the search crop, edge coordinates.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.export import Dim

from libs.dcf.correlation import Correlation
from libs.dcf.filter_problems import DataTerm
from libs.dcf.fourier import ScoreSampler
from libs.dcf.labels import gaussian_labels, score_index
from libs.dcf.localization import peak_numbers
from libs.dcf.projection import channel_covariance, normalize_features, principal_axes, project
from libs.export.network_programs import Normalize, parts
from libs.export.program import Program
from libs.memory.augmentation import count_crops
from libs.memory.filter_learning import improve_filter, start_filter
from libs.memory.spatial_params import SpatialMemoryParams
from libs.models.amb import AMB
from libs.models.strides import STRIDE

ROWS, COLUMNS = Dim("rows", min=2), Dim("columns", min=2)
"""Cells of the features of a crop as large as the frame."""


class StaticCorrelation(Correlation):
    """The same map with two operators that exist everywhere and for every type: shifts and sums through an index table.

    Torch runs the other form faster, but exported it would be sixteen operators for each of a few hundred products.
    """

    def __init__(self, samples: Tensor, kernel_size: tuple[int, int]):
        super().__init__(samples, kernel_size)
        (height, width), (_, h, w) = kernel_size, self.shape
        taps = torch.arange(height * width)[:, None]
        places = _places(h, w, taps // width - height // 2, taps % width - width // 2)
        self._from_maps = torch.where(places < h * w, taps * (h * w) + places, h * w * len(taps))
        self._from_responses = _places(h, w, height // 2 - taps // width, width // 2 - taps % width)
        # Samples last, so that gathered numbers are contiguous in memory.
        self.rows = samples.permute(2, 3, 0, 1).reshape(-1, samples.shape[1])

    def __call__(self, filter_: Tensor) -> Tensor:
        """See `Correlation`."""
        n, h, w = self.shape
        maps = (filter_.flatten(1).T @ self.rows.T).view(-1, n)
        return _gather(maps, self._from_maps).sum(0).T.reshape(n, h, w)

    def transpose(self, responses: Tensor) -> Tensor:
        """See `Correlation`."""
        maps = _gather(responses.flatten(1).T, self._from_responses)
        taps = maps.flatten(1) @ self.rows
        return taps.T.reshape(-1, *self.kernel_size)


def _gather(numbers: Tensor, places: Tensor) -> Tensor:
    """(m, n) numbers gathered at (taps, h*w) indices, with zero at index m: (taps, h*w, n)."""
    return F.pad(numbers, (0, 0, 0, 1)).index_select(0, places.flatten()).view(*places.shape, -1)


def _places(h: int, w: int, down: Tensor, right: Tensor) -> Tensor:
    """(taps, h*w) index of the cell that is offset (taps, 1) down and right from each; h*w where there is none."""
    rows = torch.arange(h)[:, None] + down[..., None]
    columns = torch.arange(w) + right[..., None]
    inside = (rows >= 0) & (rows < h) & (columns >= 0) & (columns < w)
    return torch.where(inside, rows * w + columns, h * w).flatten(1)


class Features(nn.Module):
    """Pixels -> the filter's features."""

    def __init__(self, network: AMB):
        super().__init__()
        encoder = "filter_encoder" if network.has_filter_encoder else "query_encoder"
        self.normalize, self.network = Normalize(), parts(network, encoder)

    def forward(self, pixels: Tensor) -> tuple[Tensor]:
        """RGB uint8 (1, H, W, 3) -> features (1, C, H/16, W/16) of unit mean square."""
        return (normalize_features(self.network.filter_features(self.normalize(pixels))),)


class FilterProgram(nn.Module):
    """What the filter's programs share.

    Args:
        params: SpatialMemoryParams.
    """

    def __init__(self, params: SpatialMemoryParams):
        super().__init__()
        self.params = params
        self.cells = params.sample_size // STRIDE

    def labels(self, centres: Tensor, sigma: Tensor) -> Tensor:
        """(M, h, w) labels of targets at centres (M, 2)."""
        places = score_index(centres, STRIDE, self.params.kernel_size)
        return gaussian_labels(places, (self.cells, self.cells), sigma)


class FilterCovariance(nn.Module):
    """Features of the augmented crops -> the matrix with the eigenvectors that the projection starts from."""

    def forward(self, features: Tensor) -> tuple[Tensor]:
        """(N, C, h, w) -> (C, C)."""
        return (channel_covariance(features),)


class FilterStart(FilterProgram):
    """Augmented crops of the first frame -> projection and filter: one Gauss-Newton step, to be called several times.

    One program for all steps would have several thousand operators and take minutes to export.
    """

    def forward(
        self, features: Tensor, projection: Tensor, filter: Tensor, centres: Tensor, sigma: Tensor
    ) -> tuple[Tensor, ...]:
        """Take one step of Gauss-Newton, solved by `init_CG_iter / init_GN_iter` iterations of conjugate gradient.

        Args:
            features: (N, C, h, w), from `Features`, of the augmented crops.
            projection: (K, C); at first orthonormal rows, the eigenvectors of `FilterCovariance` with the largest
                eigenvalues, for which ONNX has no operator.
            filter: (K, kh, kw); at first zeros.
            centres: (N, 2) of the target in each crop.
            sigma: () standard deviation of the labels in cells.

        Returns:
            projection, filter, and samples (N, K, h, w), the projected features.
        """
        labels = self.labels(centres, sigma)
        filter, projection = start_filter(self.params, features, labels, filter, projection, 1, StaticCorrelation)
        return projection, filter, project(features, projection).contiguous()


class FilterUpdate(FilterProgram):
    """All remembered samples -> a better filter, by one Gauss-Newton step of `CG_iter` iterations."""

    def forward(
        self, filter: Tensor, samples: Tensor, centres: Tensor, weights: Tensor, sigma: Tensor
    ) -> tuple[Tensor]:
        """(K, kh, kw), (M, K, h, w), (M, 2), (M,) with 0 for empty places, () -> filter (K, kh, kw)."""
        params = self.params
        samples = samples.contiguous(memory_format=torch.channels_last)
        labels = self.labels(centres, sigma)
        data = DataTerm(samples, labels, weights, params.kernel_size, params.activation, StaticCorrelation)
        return (improve_filter(params, data, filter, params.CG_iter)[0],)


class FilterScore(FilterProgram):
    """Features of the search crop -> scores, their peak and its rival, and the sample to learn from."""

    def __init__(self, params: SpatialMemoryParams):
        super().__init__(params)
        self.sampler = ScoreSampler(
            (self.cells, self.cells),
            STRIDE,
            params.kernel_size,
            params.score_upsample_factor,
            params.window_output,
            like=torch.empty(0),
        )

    def forward(
        self, features: Tensor, projection: Tensor, filter: Tensor, neighbourhood: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Score.

        Args:
            features: (1, C, h, w), from `Features`. projection: (K, C). filter: (K, kh, kw).
            neighbourhood: (2,) height and width, in points of the score map, of the region around the peak that cannot
                hold a rival.

        Returns:
            score_map (P, P), windowed; peaks (4,), see `peak_numbers`; sample (K, h, w).
        """
        sample = project(features, projection)
        scores = StaticCorrelation(sample, self.params.kernel_size)(filter)
        score_map = self.sampler(scores)[0]
        return score_map, peak_numbers(score_map, neighbourhood), sample[0].contiguous()


class FilterSearch(FilterProgram):
    """Features of a crop as large as the frame -> its scores, neither windowed nor interpolated."""

    def forward(self, features: Tensor, projection: Tensor, filter: Tensor) -> tuple[Tensor]:
        """(1, C, h, w), (K, C), (K, kh, kw) -> scores (h, w)."""
        return (StaticCorrelation(project(features, projection), self.params.kernel_size)(filter)[0],)


def _noise(shape: torch.Size, random: torch.Generator) -> Tensor:
    """Features of noise with channels of different variance, like those of images."""
    return normalize_features(torch.randn(shape, generator=random) * torch.logspace(0, -1, shape[1])[:, None, None])


def filter_programs(network: AMB, params: SpatialMemoryParams, search: bool) -> list[Program]:
    """The programs features, filter_start, filter_score, filter_update and, on request, filter_search.

    Args:
        network: an `AMB` prepared for inference on the CPU.
        params: SpatialMemoryParams.
        search: whether to look for lost targets in the whole frame, so that `features` takes crops of any size.
    """
    random = torch.Generator().manual_seed(0)
    side, count, capacity = params.sample_size, count_crops(params.augmentation), params.sample_memory_size
    sides = [(side, side), (side + STRIDE, side + 2 * STRIDE)] if search else [(side, side)]
    pixels = [torch.randint(0, 256, (1, *size, 3), generator=random, dtype=torch.uint8) for size in sides]
    free = {"pixels": {1: STRIDE * ROWS, 2: STRIDE * COLUMNS}} if search else {}
    features = Program("features", Features(network), [{"pixels": each} for each in pixels], ("features",), free)
    seen = [features.run(example)[0] for example in features.examples]

    cells = side // STRIDE
    crops = torch.cat([_noise(seen[0].shape, random) for _ in range(count)])
    centres = torch.full((count, 2), side / 2) + STRIDE * torch.arange(count)[:, None] * torch.tensor([1.0, 0.0])
    sigma = torch.tensor(cells / 16)
    projection = principal_axes(crops, params.compressed_dim)
    filter_ = torch.randn(params.compressed_dim, *params.kernel_size, generator=random) / params.compressed_dim
    learned = {"projection": projection, "filter": filter_}
    zeros = {"projection": projection, "filter": torch.zeros_like(filter_)}
    started = {"features": crops, **zeros, "centres": centres, "sigma": sigma}
    scored = {"features": seen[0], **learned, "neighbourhood": torch.tensor([side / 4, side / 3])}
    stored = {
        "filter": filter_,
        "samples": torch.randn(capacity, params.compressed_dim, cells, cells, generator=random),
        "centres": side * torch.rand(capacity, 2, generator=random),
        "weights": torch.rand(capacity, generator=random) / capacity,
        "sigma": sigma,
    }
    programs = [
        features,
        Program("filter_covariance", FilterCovariance(), [{"features": crops}], ("covariance",)),
        Program("filter_start", FilterStart(params), [started], ("new_projection", "new_filter", "samples")),
        Program("filter_score", FilterScore(params), [scored], ("score_map", "peaks", "sample")),
        Program("filter_update", FilterUpdate(params), [stored], ("new_filter",)),
    ]
    if search:
        examples = [{"features": each, **learned} for each in seen]
        sizes = {"features": {2: ROWS, 3: COLUMNS}}
        programs.append(Program("filter_search", FilterSearch(params), examples, ("scores",), sizes))
    return programs
