import torch

from libs.models.aggregation import aggregate_single, soft_aggregation, target_probability


def test_target_is_channel_one():
    logits = torch.tensor([0.0, 1.0]).log().clamp(min=-1e9).view(1, 2, 1, 1)
    assert target_probability(logits).tolist() == [[[1.0]]]
    logits = torch.tensor([1.0, 3.0]).log().view(1, 2, 1, 1)
    torch.testing.assert_close(target_probability(logits), torch.tensor([[[0.75]]]))


def test_half_precision_logits_give_float32():
    assert target_probability(torch.zeros(1, 2, 4, 4, dtype=torch.bfloat16)).dtype == torch.float32


def test_single_by_hand():
    # 0.75^2 / (0.75^2 + 0.25^2) = 9/10
    result = aggregate_single(torch.tensor([0.5, 0.75, 0.25]))
    torch.testing.assert_close(result, torch.tensor([0.5, 0.9, 0.1]))


def test_zero_and_one_are_clamped():
    result = aggregate_single(torch.tensor([0.0, 1.0]))
    assert result.isfinite().all()
    torch.testing.assert_close(result, torch.tensor([0.0, 1.0]))
    assert soft_aggregation(torch.tensor([0.0, 1.0]).view(2, 1, 1)).isfinite().all()


def test_two_objects_by_hand():
    # Odds: object 0.5 -> 1, object 0.75 -> 3, background (0.5 * 0.25 = 1/8) -> 1/7; their sum is 29/7.
    result = soft_aggregation(torch.tensor([0.5, 0.75]).view(2, 1, 1)).flatten()
    torch.testing.assert_close(result, torch.tensor([1 / 29, 7 / 29, 21 / 29]))


def test_one_object_equals_the_single_formula():
    probability = torch.linspace(0, 1, 101).view(1, 1, 101)
    background, target = soft_aggregation(probability)
    torch.testing.assert_close(target, aggregate_single(probability)[0], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(background + target, torch.ones(1, 101))


def test_gradient_is_finite_everywhere():
    probability = torch.tensor([0.0, 0.3, 1.0]).view(1, 1, 3).requires_grad_()
    soft_aggregation(probability)[1].sum().backward()
    assert probability.grad.isfinite().all()
