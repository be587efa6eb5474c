"""Fixed 'same' padding against timm's, which depends on the size."""

import pytest
import timm
import torch
from timm.layers import Conv2dSame

from libs.models.same_padding import DivisibleSameConv2d, fix_same_padding


@pytest.mark.parametrize(
    ("kernel", "stride", "groups"), [(3, 2, 1), (5, 2, 6), (4, 4, 1), (2, 2, 2), ((5, 3), (2, 1), 1)]
)
def test_equals_the_padding_that_looks_at_the_size(kernel, stride, groups):
    holder = torch.nn.Sequential(Conv2dSame(6, 12, kernel, stride, groups=groups))
    images = torch.randn(2, 6, 16, 24)
    expected = holder(images)
    fix_same_padding(holder)
    assert type(holder[0]) is DivisibleSameConv2d
    torch.testing.assert_close(holder(images), expected)


def test_dilated_and_small_kernels_stay():
    holder = torch.nn.Sequential(Conv2dSame(3, 3, 3, 2, dilation=2), Conv2dSame(3, 3, 1, 2))
    fix_same_padding(holder)
    assert all(type(child) is Conv2dSame for child in holder)


def test_a_whole_backbone_keeps_names_and_outputs():
    net = timm.create_model("tf_efficientnet_lite0", features_only=True, out_indices=(1, 2, 3)).eval()
    images = torch.randn(1, 3, 64, 96)
    names = list(net.state_dict())
    with torch.inference_mode():
        expected = net(images)
        fix_same_padding(net)
        assert not any(isinstance(module, Conv2dSame) for module in net.modules())
        assert list(net.state_dict()) == names
        assert all(torch.allclose(a, b, atol=1e-4 * b.abs().max()) for a, b in zip(net(images), expected, strict=True))
