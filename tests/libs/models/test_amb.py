import pytest
import torch

from libs.models.amb import AMB
from libs.models.config import AMBConfig
from libs.models.location_map import location_map
from tests.networks import BUNDLED_RESNET18, SMALL


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return AMB(SMALL).eval()


@pytest.fixture
def clip():
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(3, 3, 64, 64, generator=generator)
    return images, torch.rand(3, 64, 64, generator=generator)


def _segment(net, images, key, value, size=64):
    return net.segment(net.encode(images), key, value, location_map(size, net.config.location_scale))


@pytest.mark.parametrize(
    ("config", "millions"),
    [
        (AMBConfig(), 38.925570),
        (
            BUNDLED_RESNET18,
            7.823170,
        ),
    ],
)
def test_parameter_counts(config, millions):
    with torch.device("meta"):
        net = AMB(config)
    assert sum(parameter.numel() for parameter in net.parameters()) / 1e6 == pytest.approx(millions, abs=1e-9)


@pytest.mark.parametrize("backbone", ["resnet18", "resnet50"])
def test_shapes(backbone):
    net = AMB(SMALL.replace(backbone=backbone)).eval()
    images = torch.zeros(2, 3, 32, 64)
    with torch.inference_mode():
        key, value = net.memorize(net.encode(images), torch.zeros(2, 32, 64))
        assert key.shape == (2, 8, 8)
        assert value.shape == (2, 8, 12)
        logits = net.segment(net.encode(images), key, value, location_map((32, 64)))
    assert logits.shape == (2, 2, 32, 64)
    assert logits.dtype == torch.float32


@torch.inference_mode()
def test_batch_equals_one_by_one(net, clip):
    images, masks = clip
    key, value = net.memorize(net.encode(images), masks)
    logits = _segment(net, images, key, value)
    for i in range(3):
        one = slice(i, i + 1)
        alone_key, alone_value = net.memorize(net.encode(images[one]), masks[one])
        torch.testing.assert_close(key[one], alone_key, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(value[one], alone_value, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(
            logits[one], _segment(net, images[one], alone_key, alone_value), atol=1e-4, rtol=1e-4
        )


@torch.inference_mode()
def test_several_objects_in_one_frame_equal_one_by_one(net, clip):
    images, masks = clip
    key, value = net.memorize(net.encode(images[:1]), masks)
    logits = _segment(net, images[1:2], key, value)
    assert logits.shape == (3, 2, 64, 64)
    for i in range(3):
        alone = net.memorize(net.encode(images[:1]), masks[i : i + 1])
        torch.testing.assert_close(logits[i : i + 1], _segment(net, images[1:2], *alone), atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_order_of_remembered_frames_does_not_matter(net, clip):
    images, masks = clip
    key, value = net.memorize(net.encode(images[:2]), masks[:2])
    forth = _segment(net, images[2:], key.flatten(0, 1)[None], value.flatten(0, 1)[None])
    back = _segment(net, images[2:], key.flip(0).flatten(0, 1)[None], value.flip(0).flatten(0, 1)[None])
    torch.testing.assert_close(forth, back, atol=1e-4, rtol=1e-4)
    only_first = _segment(net, images[2:], key[:1], value[:1])
    assert (forth - only_first).abs().max() > 1e-3


@torch.inference_mode()
def test_logits_are_enlarged_with_half_pixel_centres(net, clip):
    images, masks = clip
    key, value = net.memorize(net.encode(images[:1]), masks[:1])
    features, location = net.encode(images[1:2]), location_map(64, 384.0)
    coarse = net.decoder(net.read(features, key, value), features.r3, features.r2, location)
    fine = net.segment(features, key, value, location)
    # Pixels 5 and 6 lie at coarse coordinates (5.5 / 4 - 0.5, 6.5 / 4 - 0.5) = (0.875, 1.125).
    row = 0.125 * coarse[0, :, 0] + 0.875 * coarse[0, :, 1]
    torch.testing.assert_close(fine[0, :, 5, 6], 0.875 * row[:, 1] + 0.125 * row[:, 2], atol=1e-5, rtol=1e-4)


def test_memory_mask_follows_the_config(net):
    probability = torch.tensor([0.25, 0.75])
    assert net.memory_mask(probability).equal(probability)
    with torch.device("meta"):
        released = AMB(AMBConfig())
    torch.testing.assert_close(released.memory_mask(probability), torch.tensor([0.1, 0.9]))


@torch.inference_mode()
def test_channels_last_and_autocast_agree_with_float32(net, clip):
    images, masks = clip
    key, value = net.memorize(net.encode(images[:1]), masks[:1])
    expected = _segment(net, images[1:2], key, value)
    last = AMB(SMALL).eval()
    last.load_state_dict(net.state_dict())
    last = last.to(memory_format=torch.channels_last)
    torch.testing.assert_close(
        _segment(last, images[1:2], *last.memorize(last.encode(images[:1]), masks[:1])), expected, atol=1e-4, rtol=1e-4
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = _segment(last, images[1:2], *last.memorize(last.encode(images[:1]), masks[:1]))
    assert half.dtype == torch.float32
    assert (half - expected).abs().mean() < 0.05 * expected.abs().mean()


def test_gradient_reaches_every_parameter(clip):
    net = AMB(SMALL)
    images, masks = clip
    key, value = net.memorize(net.encode(images[:2]), masks[:2])
    _segment(net, images[1:], key, value).square().mean().backward()
    assert [name for name, parameter in net.named_parameters() if parameter.grad is None] == []


@pytest.mark.cuda
@torch.inference_mode()
def test_cuda_equals_cpu(net, clip):
    images, masks = clip
    expected = _segment(net, images[1:2], *net.memorize(net.encode(images[:1]), masks[:1]))
    moved = AMB(SMALL).eval()
    moved.load_state_dict(net.state_dict())
    moved.cuda()
    key, value = moved.memorize(moved.encode(images[:1].cuda()), masks[:1].cuda())
    logits = moved.segment(moved.encode(images[1:2].cuda()), key, value, location_map(64, 384.0, device="cuda"))
    torch.testing.assert_close(logits.cpu(), expected, atol=1e-2, rtol=1e-2)
