import pytest
import torch

from libs.dcf.conjugate_gradient import LinearSystem, conjugate_gradient


def spd_system(n=5, preconditioned=False, scale=1.0):
    generator = torch.Generator().manual_seed(1)
    root = torch.randn(n, n, dtype=torch.float64, generator=generator)
    matrix = root @ root.T + torch.eye(n, dtype=torch.float64)
    rhs = scale * torch.randn(n, dtype=torch.float64, generator=generator)
    preconditioner = matrix.diagonal() if preconditioned else 1.0
    return matrix, LinearSystem(lambda v: matrix @ v, rhs, preconditioner)


@pytest.mark.parametrize("fletcher_reeves", [True, False])
@pytest.mark.parametrize("standard_alpha", [True, False])
@pytest.mark.parametrize("preconditioned", [True, False])
def test_solves_a_small_system_exactly_in_as_many_steps_as_unknowns(fletcher_reeves, standard_alpha, preconditioned):
    matrix, system = spd_system(preconditioned=preconditioned)
    x, _ = conjugate_gradient(system, 5, fletcher_reeves=fletcher_reeves, standard_alpha=standard_alpha)
    torch.testing.assert_close(x, torch.linalg.solve(matrix, system.rhs), rtol=1e-9, atol=1e-9)


def test_first_step_by_hand():
    """A = diag(1, 3), b = (1, 1): steepest descent with step 2 / 4; the second step solves."""
    diagonal = torch.tensor([1.0, 3.0])
    system = LinearSystem(lambda v: diagonal * v, torch.ones(2))
    assert conjugate_gradient(system, 1, fletcher_reeves=True)[0].tolist() == [0.5, 0.5]
    assert conjugate_gradient(system, 2, fletcher_reeves=True)[0].tolist() == pytest.approx([1, 1 / 3])


def test_iterations_after_convergence_change_nothing():
    _, system = spd_system()
    x, _ = conjugate_gradient(system, 5, fletcher_reeves=False)
    more, _ = conjugate_gradient(system, 50, fletcher_reeves=False)
    torch.testing.assert_close(more, x)


def test_zero_right_hand_side_and_zero_operator():
    zero = LinearSystem(lambda v: v, torch.zeros(3))
    assert conjugate_gradient(zero, 4, fletcher_reeves=False)[0].tolist() == [0, 0, 0]
    singular = LinearSystem(torch.zeros_like, torch.ones(3))
    assert conjugate_gradient(singular, 4, fletcher_reeves=True)[0].tolist() == [0, 0, 0]


def test_nothing_to_do():
    _, system = spd_system()
    x, direction = conjugate_gradient(system, 0, fletcher_reeves=True)
    assert not x.any()
    assert direction is None


def test_continues_along_the_earlier_direction():
    """A run continued on the remaining right-hand side equals one longer run: conjugacy carries over."""
    matrix, system = spd_system()
    first, direction = conjugate_gradient(system, 2, fletcher_reeves=False)
    rest = system._replace(rhs=system.rhs - matrix @ first)
    second, _ = conjugate_gradient(rest, 3, fletcher_reeves=False, previous=direction)
    afresh, _ = conjugate_gradient(rest, 3, fletcher_reeves=False)
    solution = torch.linalg.solve(matrix, system.rhs)
    torch.testing.assert_close(first + second, solution, rtol=1e-9, atol=1e-9)
    assert (first + afresh - solution).norm() > 1e-6


def test_beta_formulas_differ_once_the_operator_is_not_linear():
    system = LinearSystem(lambda v: v + 0.5 * v.abs(), torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64))
    fletcher, _ = conjugate_gradient(system, 3, fletcher_reeves=True)
    polak, _ = conjugate_gradient(system, 3, fletcher_reeves=False)
    assert not torch.allclose(fletcher, polak)
