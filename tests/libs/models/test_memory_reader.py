import math

import pytest
import torch
import torch.nn.functional as F

from libs.models.memory_reader import attention_mass, read_fused, read_memory, read_written_out

FORMS = [read_memory, read_written_out, read_fused]


@pytest.mark.parametrize("read", FORMS)
def test_two_tokens_by_hand(read):
    query = torch.tensor([[[2.0, 0.0]]])
    key = torch.tensor([[[math.sqrt(2) * math.log(3) / 2, 5.0], [0.0, -1.0]]])
    value = torch.tensor([[[4.0, 0.0, 1.0], [0.0, 8.0, 1.0]]])
    # Scores log(3) and 0 after the division by sqrt(2): weights 3/4 and 1/4.
    torch.testing.assert_close(read(query, key, value), torch.tensor([[[3.0, 2.0, 1.0]]]))


@pytest.mark.parametrize("read", FORMS)
def test_equals_torch_attention_and_the_sums_of_the_formula(read):
    torch.manual_seed(0)
    query, key, value = torch.randn(2, 6, 8), torch.randn(2, 20, 8), torch.randn(2, 20, 5)
    result = read(query, key, value)
    torch.testing.assert_close(result, F.scaled_dot_product_attention(query, key, value), atol=1e-6, rtol=1e-5)
    weights = [math.exp(float(query[1, 4] @ key[1, m]) / math.sqrt(8)) for m in range(20)]
    expected = sum(weight * value[1, m] for m, weight in enumerate(weights)) / sum(weights)
    torch.testing.assert_close(result[1, 4], expected, atol=1e-6, rtol=1e-5)


def test_attention_mass_is_what_a_read_of_one_hot_values_gives():
    torch.manual_seed(1)
    query, key = torch.randn(2, 6, 8), torch.randn(2, 3 * 4, 8)
    frame_of_token = torch.eye(3).repeat_interleave(4, dim=0).expand(2, -1, -1)
    mass = attention_mass(query, key, 3)
    torch.testing.assert_close(mass, read_memory(query, key, frame_of_token).mean(dim=1))
    torch.testing.assert_close(mass.sum(dim=1), torch.ones(2))


@pytest.mark.cuda
def test_cuda_equals_cpu():
    torch.manual_seed(0)
    inputs = torch.randn(2, 64, 64), torch.randn(2, 640, 64), torch.randn(2, 640, 256)
    on_cuda = read_memory(*(x.cuda() for x in inputs)).cpu()
    torch.testing.assert_close(on_cuda, read_memory(*inputs), atol=1e-3, rtol=1e-3)
