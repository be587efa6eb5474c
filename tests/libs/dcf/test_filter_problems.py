import pytest
import torch
import torch.nn.functional as F

from libs.dcf.activation import ResponseActivation
from libs.dcf.conjugate_gradient import conjugate_gradient
from libs.dcf.filter_problems import DataTerm, FilterProblem, JointProblem, effective_filter, join, learn_jointly, split
from libs.dcf.labels import gaussian_labels
from libs.dcf.projection import principal_axes, project

KERNEL = (4, 3)
N, C, K, H, W = 5, 7, 3, 6, 8


def random(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(params=["mlu", "relu", "none"])
def case(request):
    """Samples, labels, weights, activation, and a filter and projection to linearize at."""
    activation = ResponseActivation(request.param, 0.5)
    weights = torch.tensor([0.1, 0.3, 0.2, 0.0, 0.4], dtype=torch.float64)
    return random(N, C, H, W), random(N, H, W, seed=1), weights, activation


def residuals(case, samples, filter_, regularized):
    """The residual vector with general convolutions, as the papers write it."""
    _, labels, weights, activation = case
    response = F.conv2d(samples, filter_[None], padding=(KERNEL[0] // 2, KERNEL[1] // 2))[:, 0, :H, :W]
    data = weights.sqrt()[:, None, None] * (activation(response) - labels)
    return torch.cat([data.flatten(), *(reg**0.5 * x.flatten() for reg, x in regularized)])


def check_against_autograd(residual_of, x, direction, system):
    """System operator J^T J v and right-hand side -J^T r, with J from automatic differentiation."""
    residual, tangent = torch.func.jvp(residual_of, (x,), (direction,))
    _, pull_back = torch.func.vjp(residual_of, x)
    torch.testing.assert_close(system.rhs, -pull_back(residual)[0])
    torch.testing.assert_close(system.operator(direction), pull_back(tangent)[0])


def test_filter_jacobian_products_are_those_of_autograd(case):
    samples, labels, weights, activation = case
    filter_ = random(C, *KERNEL, seed=2)

    def residual_of(vector):
        f = vector.view_as(filter_)
        return residuals(case, samples, f, [(0.1, f)])

    problem = FilterProblem(DataTerm(samples, labels, weights, KERNEL, activation), 0.1)
    x, direction = filter_.reshape(-1), random(filter_.numel(), seed=3)
    check_against_autograd(residual_of, x, direction, problem.linearize(filter_))
    torch.testing.assert_close(problem.loss_terms(filter_).sum(), residual_of(x).square().sum())


def test_joint_jacobian_products_are_those_of_autograd(case):
    samples, labels, weights, activation = case
    filter_, projection = random(K, *KERNEL, seed=2), random(K, C, seed=3)

    def residual_of(vector):
        f, p = split(vector, filter_)
        projected = torch.einsum("kc,nchw->nkhw", p, samples)
        return residuals(case, projected, f, [(0.1, f), (0.02, p)])

    problem = JointProblem(DataTerm(samples, labels, weights, KERNEL, activation), 0.1, 0.02)
    x = join(filter_, projection)
    check_against_autograd(residual_of, x, random(x.numel(), seed=4), problem.linearize(filter_, projection))
    torch.testing.assert_close(problem.loss_terms(filter_, projection).sum(), residual_of(x).square().sum())


def test_filter_step_by_hand():
    """One sample of one cell, x = 2, label 1, 1 x 1 filter: minimum of (2 f - 1)^2 + 0.5 f^2 at f = 2 / 4.5."""
    data = DataTerm(torch.full((1, 1, 1, 1), 2.0), torch.ones(1, 1, 1), torch.ones(1), (1, 1), ResponseActivation())
    problem = FilterProblem(data, 0.5)
    step, _ = conjugate_gradient(problem.linearize(torch.zeros(1, 1, 1)), 1, fletcher_reeves=True)
    assert step.item() == pytest.approx(2 / 4.5)
    assert problem.loss_terms(step.view(1, 1, 1)).tolist() == pytest.approx([(4 / 4.5 - 1) ** 2, 0.5 * (2 / 4.5) ** 2])


def test_effective_filter_by_hand():
    filter_, projection = torch.tensor([[[1.0]], [[2.0]]]), torch.tensor([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    assert effective_filter(filter_, projection).flatten().tolist() == [21, 42, 63]


def test_split_inverts_join():
    filter_, projection = random(K, *KERNEL), random(K, C)
    again = split(join(filter_, projection), filter_)
    assert torch.equal(again[0], filter_)
    assert torch.equal(again[1], projection)


def test_joint_start_learns_what_it_is_shown():
    samples, labels = random(2, C, H, W), torch.zeros(2, H, W, dtype=torch.float64)
    labels[:, 2, 3] = 1
    weights = torch.full((2,), 0.5, dtype=torch.float64)
    problem = JointProblem(DataTerm(samples, labels, weights, KERNEL, ResponseActivation()), 1e-3, 1e-4)
    zero, projection = torch.zeros(K, *KERNEL, dtype=torch.float64), random(K, C, seed=1) / C**0.5
    learned = learn_jointly(problem, zero, projection, 6, 10)
    assert problem.loss_terms(*learned).sum() < 0.2 * problem.loss_terms(zero, projection).sum()


@pytest.mark.parametrize(
    ("samples", "projection"),
    [
        (torch.zeros(N, C, H, W), torch.eye(K, C)),
        (torch.ones(N, C, H, W), torch.eye(K, C)),
        (torch.rand(N, 1, H, W).expand(N, C, H, W), torch.ones(K, C)),
        (torch.rand(N, C, H, W), torch.zeros(K, C)),
    ],
    ids=["zero features", "constant features", "one direction", "singular projection"],
)
def test_degenerate_starts_stay_finite(samples, projection):
    data = DataTerm(samples, torch.rand(N, H, W), torch.full((N,), 1 / N), KERNEL, ResponseActivation())
    learned = learn_jointly(JointProblem(data, 0.1, 1e-4), torch.zeros(K, *KERNEL), projection, 6, 10)
    assert all(torch.isfinite(tensor).all() for tensor in learned)


def small_case():
    """3 samples of 4 channels and 6 x 6 cells, by a formula, and their labels; in float64."""
    lengths = (torch.arange(length, dtype=torch.float64) for length in (3, 4, 6, 6))
    n, c, row, column = torch.meshgrid(*lengths, indexing="ij")
    waves = torch.sin(1.3 * n + 0.9 * c * row + 0.5 * column) * torch.cos(0.7 * c + 0.4 * row - 0.6 * n * column)
    centres = torch.tensor([[3.0, 3.0], [2.0, 4.0], [4.0, 1.5]], dtype=torch.float64)
    return 1 + waves, gaussian_labels(centres, (6, 6), 0.8)


@pytest.fixture(scope="module")
def small_start():
    """Problem, filter and projection of the small case after 3 Gauss-Newton steps of 4 iterations from zero."""
    samples, labels = small_case()
    weights = torch.full((3,), 1 / 3, dtype=torch.float64)
    problem = JointProblem(DataTerm(samples, labels, weights, (4, 4), ResponseActivation("mlu", 0.05)), 0.1, 1e-4)
    zero = torch.zeros(2, 4, 4, dtype=torch.float64)
    return problem, *learn_jointly(problem, zero, principal_axes(samples, 2), 3, 4)


def test_start_gives_the_numbers_recorded_with_the_code_that_agrees_with_the_reference(small_start):
    """A small case of tests/parity/test_dcf.py that needs no file; recorded when that one passed."""
    problem, filter_, projection = small_start
    expected = [1.0014247833, 0.016635863473, 1.7888322917e-4]
    assert problem.loss_terms(filter_, projection).tolist() == pytest.approx(expected, rel=1e-8)
    row = effective_filter(filter_, projection)[:, 1, 2].tolist()
    assert row == pytest.approx([-0.0221103880, -0.0455467034, -0.0345243464, 0.1130268804], abs=1e-8)


def test_update_gives_the_numbers_recorded_with_the_code_that_agrees_with_the_reference(small_start):
    """5 iterations with the Polak-Ribiere formula and unequal weights, after the start above; recorded likewise."""
    _, filter_, projection = small_start
    samples, labels = small_case()
    weights = torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64)
    data = DataTerm(project(samples, projection), labels, weights, (4, 4), ResponseActivation("mlu", 0.05))
    problem = FilterProblem(data, 0.1)
    change, _ = conjugate_gradient(problem.linearize(filter_), 5, fletcher_reeves=False)
    updated = filter_ + change.view_as(filter_)
    assert problem.loss_terms(updated).tolist() == pytest.approx([0.8750448489, 0.0214163524], rel=1e-8)
    row = effective_filter(updated, projection)[:, 1, 2].tolist()
    assert row == pytest.approx([0.0017573326, -0.0307113632, 0.0037498124, 0.0162195238], abs=1e-8)
