import torch
import torch.nn.functional as F

from libs.models.encoders import FullMemoryEncoder, QueryEncoder


def test_query_features_are_ordered_from_the_coarsest():
    r4, r3, r2 = QueryEncoder("resnet18").eval()(torch.zeros(1, 3, 32, 32))
    assert r4.shape == (1, 256, 2, 2)
    assert r3.shape == (1, 128, 4, 4)
    assert r2.shape == (1, 64, 8, 8)


def test_memory_encoder_adds_image_object_and_background_convolutions():
    torch.manual_seed(0)
    encoder = FullMemoryEncoder("resnet18").eval()
    image, mask = torch.randn(1, 3, 32, 32), torch.rand(1, 32, 32)
    inputs = []
    encoder.net.bn1.register_forward_pre_hook(lambda module, arguments: inputs.append(arguments[0]))
    assert encoder(image, mask).shape == (1, 256, 2, 2)
    weight = encoder.net.conv1.weight
    expected = (
        F.conv2d(image, weight[:, :3], stride=2, padding=3)
        + F.conv2d(mask[:, None], weight[:, 3:4], stride=2, padding=3)
        + F.conv2d(1 - mask[:, None], weight[:, 4:], stride=2, padding=3)
    )
    torch.testing.assert_close(inputs[0], expected, atol=1e-5, rtol=1e-5)


def test_background_of_a_mask_above_one_is_clamped():
    encoder = FullMemoryEncoder("resnet18").eval()
    inputs = []
    encoder.net.conv1.register_forward_pre_hook(lambda module, arguments: inputs.append(arguments[0]))
    encoder(torch.zeros(1, 3, 32, 32), torch.full((1, 32, 32), 1.25))
    assert inputs[0][:, 4].eq(0).all()
