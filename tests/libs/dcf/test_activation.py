import math

import pytest
import torch

from libs.dcf.activation import ResponseActivation
from libs.utils.errors import SettingsError

RESPONSES = torch.tensor([-10.0, -0.05, 0.0, 2.0], dtype=torch.float64)


def test_mlu_by_hand():
    activated = ResponseActivation("mlu", 0.05)(RESPONSES)
    assert activated.tolist() == pytest.approx([-0.05, 0.05 * (math.exp(-1) - 1), 0, 2])


def test_relu_and_none():
    assert ResponseActivation("relu")(RESPONSES).tolist() == [0, 0, 0, 2]
    assert ResponseActivation("none")(RESPONSES) is RESPONSES


@pytest.mark.parametrize("kind", ["mlu", "relu", "none"])
def test_derivative_is_that_of_autograd(kind):
    activation = ResponseActivation(kind, 0.3)
    x = torch.linspace(-2, 2, 40, dtype=torch.float64, requires_grad=True)  # 40 points: not through the kink at 0
    (expected,) = torch.autograd.grad(activation(x).sum(), x)
    torch.testing.assert_close(activation.derivative(x.detach()), expected)


@pytest.mark.parametrize("kind", ["mlu", "relu", "none"])
def test_slope_at_zero_lets_a_filter_of_zeros_learn(kind):
    assert ResponseActivation(kind).derivative(torch.zeros(1)).item() == 1


def test_huge_responses_stay_finite():
    huge = torch.tensor([-1e30, 1e30])
    activation = ResponseActivation("mlu", 0.05)
    assert torch.isfinite(activation(huge)).all()
    assert activation.derivative(huge).tolist() == [0, 1]


@pytest.mark.parametrize(("kind", "knee"), [("elu", 1), ("mlu", 0), ("mlu", -1), ("mlu", math.nan)])
def test_bad_settings(kind, knee):
    with pytest.raises(SettingsError, match="response_activation"):
        ResponseActivation(kind, knee)
