"""Learning rates that are set, averaged weights, gradient clipping, accumulation."""

import pytest
import torch

from ltr.trainers.optimization import Optimization


@pytest.fixture
def make(tiny_settings):
    def optimization(model, **changes):
        return Optimization(tiny_settings(**changes), model, torch.device("cpu"))

    return optimization


def fit_once(optimization, model, data):
    optimization.backward((model(data) ** 2).mean())
    optimization.step(0.1)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_a_step_is_as_long_as_its_rate(make, name):
    """Size of the first step: Adam's is the rate itself, SGD's is the rate times the gradient."""
    model = torch.nn.Linear(1, 1, bias=False)
    optimization = make(model, optimizer=name, lr=1.0)
    for rate in (0.25, 0.0):
        before = model.weight.item()
        optimization.backward(model(torch.ones(1, 1)).sum())
        optimization.step(rate)
        assert before - model.weight.item() == pytest.approx(rate, rel=1e-4)


def test_accumulated_batches_step_like_one(make):
    data = torch.randn(8, 3)
    whole, parts = torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)
    parts.load_state_dict(whole.state_dict())
    fit_once(make(whole, optimizer="sgd", lr=0.1), whole, data)
    optimization = make(parts, optimizer="sgd", lr=0.1, accumulation=2)
    for half in data.split(4):
        optimization.backward((parts(half) ** 2).mean())
    optimization.step(0.1)
    torch.testing.assert_close(whole.weight, parts.weight)


def test_gradients_are_clipped_to_the_norm(make):
    model = torch.nn.Linear(3, 1, bias=False)
    before = model.weight.detach().clone()
    optimization = make(model, optimizer="sgd", lr=1.0, clip_gradient=0.5)
    optimization.backward((model(torch.full((1, 3), 100.0)) ** 2).mean())
    optimization.step(1.0)
    assert torch.linalg.norm(model.weight - before).item() == pytest.approx(0.5, rel=1e-4)


def test_the_average_follows_the_weights(make):
    model = torch.nn.Linear(3, 1)
    optimization = make(model, optimizer="sgd", lr=0.1, ema_decay=0.75)
    fit_once(optimization, model, torch.randn(4, 3))
    first = model.weight.detach().clone()
    torch.testing.assert_close(optimization.evaluated_network.weight, first)
    fit_once(optimization, model, torch.randn(4, 3))
    torch.testing.assert_close(optimization.evaluated_network.weight, 0.75 * first + 0.25 * model.weight)


def test_without_an_average_the_weights_themselves_are_used(make):
    model = torch.nn.Linear(3, 1)
    assert make(model).evaluated_network is model


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_precisions(make, precision):
    model = torch.nn.Linear(3, 1)
    optimization = make(model, precision=precision)
    with optimization.autocast():
        assert (
            model(torch.randn(2, 3)).dtype
            == {
                "fp32": torch.float32,
                "bf16": torch.bfloat16,
                "fp16": torch.float16,
            }[precision]
        )
    assert optimization.scaler.is_enabled() == (precision == "fp16")


def test_a_resumed_run_takes_its_own_weight_decay_and_precision(make):
    model = torch.nn.Linear(3, 1)
    before = make(model, weight_decay=0.5, precision="bf16")
    fit_once(before, model, torch.randn(4, 3))
    resumed = make(model, weight_decay=0.25, precision="fp16")
    resumed.load_state_dict(before.state_dict())
    assert [group["weight_decay"] for group in resumed.optimizer.param_groups] == [0.25]
