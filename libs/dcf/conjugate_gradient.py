"""Conjugate gradient for the filter's least-squares problems."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class LinearSystem(NamedTuple):
    """A symmetric positive definite system A x = b.

    Attributes:
        operator: function from a vector (n,) to A times it.
        rhs: (n,) the right-hand side b.
        preconditioner: (n,) or a number: the diagonal that residuals are divided by; 1 for none.
    """

    operator: Callable[[Tensor], Tensor]
    rhs: torch.Tensor
    preconditioner: Tensor | float = 1.0


class Direction(NamedTuple):
    """The state in which conjugate gradient stopped, for a later run that continues with its search direction."""

    vector: torch.Tensor
    residual: torch.Tensor
    rho: torch.Tensor


def conjugate_gradient(
    system: LinearSystem,
    iterations: int,
    *,
    fletcher_reeves: bool,
    standard_alpha: bool = True,
    previous: Direction | None = None,
) -> tuple[Tensor, Direction | None]:
    """Some iterations of preconditioned conjugate gradient from x = 0 (Nocedal and Wright, chapter 5).

    Nothing is read back to the host. Iterations after convergence change nothing (0 / 0 counts as 0).

    Args:
        system: LinearSystem.
        iterations: how many, >= 0.
        fletcher_reeves: beta = rho / rho_previous; else Polak-Ribiere, (rho - r_previous . z) / rho_previous; both
            clamped at 0.
        standard_alpha: step rho / (p . A p); else (p . r) / (p . A p), right for directions that are not conjugate.
        previous: Direction of an earlier run to continue with, or None for a fresh start.

    Returns:
        x (n,) and the Direction at the end (None if nothing was done).
    """
    x, residual = torch.zeros_like(system.rhs), system.rhs
    for _ in range(iterations):
        z = residual / system.preconditioner
        rho = residual @ z
        vector = z
        if previous is not None:
            change = rho if fletcher_reeves else rho - previous.residual @ z
            vector = z + _ratio(change, previous.rho).clamp(min=0) * previous.vector
        image = system.operator(vector)
        alpha = _ratio(rho if standard_alpha else vector @ residual, vector @ image)
        previous = Direction(vector, residual, rho)
        x = x + alpha * vector
        residual = residual - alpha * image
    return x, previous


def _ratio(numerator: Tensor, denominator: Tensor) -> Tensor:
    usable = denominator > torch.finfo(denominator.dtype).tiny
    return torch.where(usable, numerator / denominator, torch.zeros_like(numerator))
