import torch
import torch.nn.functional as F

from libs.models.key_value import KeyValue


def test_token_is_row_times_width_plus_column():
    torch.manual_seed(0)
    module = KeyValue(3, key_dim=2, value_dim=4)
    r4 = torch.randn(2, 3, 5, 7)
    key, value = module(r4)
    assert key.shape == (2, 35, 2)
    assert value.shape == (2, 35, 4)
    weight, bias = module.conv.weight, module.conv.bias
    key_map = F.conv2d(r4, weight[:2], bias[:2], padding=1)
    value_map = F.conv2d(r4, weight[2:], bias[2:], padding=1)
    torch.testing.assert_close(key[1, 3 * 7 + 4], key_map[1, :, 3, 4], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(value[0, 4 * 7 + 1], value_map[0, :, 4, 1], atol=1e-6, rtol=1e-5)
