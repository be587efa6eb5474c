"""How the correlation filter learns: with the projection on the first frame, then alone on all remembered samples."""

import torch
from torch import Tensor

from libs.dcf.conjugate_gradient import Direction, conjugate_gradient
from libs.dcf.correlation import Correlation
from libs.dcf.filter_problems import DataTerm, FilterProblem, JointProblem, learn_jointly
from libs.memory.spatial_params import SpatialMemoryParams
from libs.utils.devices import has_float64


def start_filter(
    params: SpatialMemoryParams,
    features: Tensor,
    labels: Tensor,
    filter_: Tensor,
    projection: Tensor,
    steps: int,
    correlation: type[Correlation] = Correlation,
) -> tuple[Tensor, Tensor]:
    """Filter and projection after Gauss-Newton steps on samples of equal weight.

    Computed in float64: in float32, rounding grows until every machine, and every order of the channels, ends with
    another filter and scores that differ by some per cent.

    Args:
        params: of the spatial memory.
        features: (N, C, h, w). labels: (N, h, w).
        filter_, projection: (K, kh, kw) and (K, C), the starting values.
        steps: Gauss-Newton steps, each with `init_CG_iter / init_GN_iter` iterations of conjugate gradient.
        correlation: as for `DataTerm`.

    Returns:
        filter and projection, float32.
    """
    home = features.device
    place = home if has_float64(home) else torch.device("cpu")
    features, labels, filter_, projection = (
        part.to(place).double() for part in (features, labels, filter_, projection)
    )
    weights = labels.new_full((len(labels),), 1 / len(labels))
    data = DataTerm(features, labels, weights, params.kernel_size, params.activation, correlation)
    problem = JointProblem(data, params.filter_reg, params.projection_reg)
    iterations = params.init_CG_iter // params.init_GN_iter
    filter_, projection = learn_jointly(problem, filter_, projection, steps, iterations)
    return filter_.float().to(home), projection.float().to(home)


def improve_filter(
    params: SpatialMemoryParams,
    data: DataTerm,
    filter_: Tensor,
    iterations: int,
    previous: Direction | None = None,
) -> tuple[Tensor, Direction | None]:
    """The filter (K, kh, kw) after one Gauss-Newton step; the projection stays.

    Args:
        params: of the spatial memory.
        data: all remembered samples.
        filter_: the starting value.
        iterations: of conjugate gradient.
        previous: direction of an earlier step, to continue from.

    Returns:
        filter, and the direction of this step; see `conjugate_gradient`.
    """
    change, direction = conjugate_gradient(
        FilterProblem(data, params.filter_reg).linearize(filter_),
        iterations,
        fletcher_reeves=params.fletcher_reeves,
        standard_alpha=params.standard_alpha,
        previous=previous,
    )
    return filter_ + change.view_as(filter_), direction
