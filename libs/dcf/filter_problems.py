"""The two least-squares problems of the filter, linearized: filter and projection together, and the filter alone.

Both minimise sum_n w_n |act(x_n * f) - y_n|^2 + regularization (ATOM, CVPR 2019, equations 3 and 5), by Gauss-Newton:
at each step the activation is replaced by its tangent and conjugate gradient solves the linear problem. The Jacobian
products are explicit: a correlation, the activation's derivative, and the correlation's transpose.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from libs.dcf.activation import ResponseActivation
from libs.dcf.conjugate_gradient import LinearSystem, conjugate_gradient
from libs.dcf.correlation import Correlation


class DataTerm:
    """Residuals sqrt(w_n) * (act(x_n * f) - y_n) as a function of the filter f alone.

    Args:
        samples: (N, C, h, w) x.
        labels: (N, h, w) y.
        weights: (N,) w, >= 0.
        kernel_size: (height, width) of f.
        activation: ResponseActivation.
        correlation: the class of the map from a filter to its responses.
    """

    def __init__(
        self,
        samples: Tensor,
        labels: Tensor,
        weights: Tensor,
        kernel_size: tuple[int, int],
        activation: ResponseActivation,
        correlation: type[Correlation] = Correlation,
    ):
        self.correlation = correlation(samples, kernel_size)
        self.labels, self.activation = labels, activation
        self.weights = weights[:, None, None]

    def loss(self, filter_: Tensor) -> Tensor:
        """Sum of squared residuals at a (C, kh, kw) filter."""
        return (self.weights * (self.activation(self.correlation(filter_)) - self.labels) ** 2).sum()

    def linearize(self, filter_: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        """Half the gradient J^T r (C, kh, kw), and the function v -> J^T J v, at a (C, kh, kw) filter."""
        response = self.correlation(filter_)
        slope = self.activation.derivative(response)
        gradient = self.correlation.transpose(self.weights * slope * (self.activation(response) - self.labels))
        curvature_weights = self.weights * slope**2

        def curvature(direction: Tensor) -> Tensor:
            return self.correlation.transpose(curvature_weights * self.correlation(direction))

        return gradient, curvature


class FilterProblem:
    """The filter alone, on projected samples. The unknown is the filter (K, kh, kw) as a vector.

    Args:
        data: DataTerm on the (N, K, h, w) projected samples.
        filter_reg: weight of |f|^2, > 0.
    """

    def __init__(self, data: DataTerm, filter_reg: float):
        self.data, self.filter_reg = data, filter_reg

    def loss_terms(self, filter_: Tensor) -> Tensor:
        """(2,) sums of squares at a (K, kh, kw) filter: data, filter."""
        return torch.stack([self.data.loss(filter_), self.filter_reg * filter_.square().sum()])

    def linearize(self, filter_: Tensor) -> LinearSystem:
        """The LinearSystem for the step from a (K, kh, kw) filter."""
        gradient, curvature = self.data.linearize(filter_)

        def operator(vector: Tensor) -> Tensor:
            return curvature(vector.view_as(filter_)).reshape(-1) + self.filter_reg * vector

        return LinearSystem(operator, -(gradient + self.filter_reg * filter_).reshape(-1))


class JointProblem:
    """Filter and projection together, on the network's features.

    The response (P x) * f is that of one filter on all C channels, e[c] = sum_k P[k, c] f[k], and so are the products
    of its Jacobian: the tangent at (f, P) is e' = P^T f' + P'^T f. The projected samples never have to be computed,
    and an iteration costs two products with the features, whatever the number K of projected channels.

    Args:
        data: DataTerm on the (N, C, h, w) features.
        filter_reg: weight of |f|^2, > 0.
        projection_reg: weight of |P|^2, > 0.
    """

    def __init__(self, data: DataTerm, filter_reg: float, projection_reg: float):
        self.data, self.filter_reg, self.projection_reg = data, filter_reg, projection_reg

    def loss_terms(self, filter_: Tensor, projection: Tensor) -> Tensor:
        """(3,) sums of squares at a (K, kh, kw) filter and a (K, C) projection: data, filter, projection."""
        return torch.stack(
            [
                self.data.loss(effective_filter(filter_, projection)),
                self.filter_reg * filter_.square().sum(),
                self.projection_reg * projection.square().sum(),
            ]
        )

    def linearize(self, filter_: Tensor, projection: Tensor) -> LinearSystem:
        """The LinearSystem for the step from (filter, projection); its vectors are `join`ed."""
        gradient, curvature = self.data.linearize(effective_filter(filter_, projection))
        regularization = join(
            torch.full_like(filter_, self.filter_reg), torch.full_like(projection, self.projection_reg)
        )

        def pull_back(effective: Tensor) -> Tensor:
            return join(torch.tensordot(projection, effective, dims=1), filter_.flatten(1) @ effective.flatten(1).T)

        def operator(vector: Tensor) -> Tensor:
            d_filter, d_projection = split(vector, filter_)
            tangent = effective_filter(d_filter, projection) + effective_filter(filter_, d_projection)
            return pull_back(curvature(tangent)) + regularization * vector

        rhs = -(pull_back(gradient) + regularization * join(filter_, projection))
        return LinearSystem(operator, rhs, preconditioner=regularization)


def effective_filter(filter_: Tensor, projection: Tensor) -> Tensor:
    """The (C, kh, kw) filter on the features that equals a (K, kh, kw) filter after a (K, C) projection."""
    return torch.tensordot(projection.T, filter_, dims=1)


def join(filter_: Tensor, projection: Tensor) -> Tensor:
    """Filter and projection as one vector."""
    return torch.cat([filter_.reshape(-1), projection.reshape(-1)])


def split(vector: Tensor, filter_: Tensor) -> tuple[Tensor, Tensor]:
    """The inverse of `join`, for a filter of the shape of `filter_`."""
    first, second = vector.split([filter_.numel(), vector.numel() - filter_.numel()])
    return first.view_as(filter_), second.view(filter_.shape[0], -1)


def learn_jointly(
    problem: JointProblem, filter_: Tensor, projection: Tensor, steps: int, iterations: int
) -> tuple[Tensor, Tensor]:
    """Gauss-Newton on filter and projection together, each step solved by a fresh run of conjugate gradient.

    Conjugate gradient uses the Fletcher-Reeves beta and a fresh start here, whatever the parameters for later runs say.
    The released tracker does the same (see the parameters `fletcher_reeves` and `CG_forgetting_rate`), and the linear
    problem does not change during a run, so both formulas agree in exact arithmetic. The problem is badly conditioned,
    because filter and projection can be scaled against each other: rounding errors grow about a hundredfold per
    iteration, so in float32 two machines arrive at different, equally good filters. In float64, after 6 steps of 10
    iterations, the filters agree to 1e-5 in float32.

    Args:
        problem: JointProblem.
        filter_: (K, kh, kw) start.
        projection: (K, C) start.
        steps: Gauss-Newton steps.
        iterations: conjugate gradient iterations in each.

    Returns:
        filter (K, kh, kw) and projection (K, C).
    """
    for _ in range(steps):
        system = problem.linearize(filter_, projection)
        change, _ = conjugate_gradient(system, iterations, fletcher_reeves=True)
        d_filter, d_projection = split(change, filter_)
        filter_, projection = filter_ + d_filter, projection + d_projection
    return filter_, projection
