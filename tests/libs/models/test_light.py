"""Networks with a light memory encoder, and with a frozen backbone."""

import copy

import pytest
import torch

from libs.models.amb import AMB
from libs.models.encoders import LightMemoryEncoder
from libs.models.inference import prepare_for_inference
from libs.models.location_map import location_map
from tests.networks import SMALL

LITE = SMALL.replace(backbone="tf_efficientnet_lite0", crop_factor=4.0, memory_encoder="light", trunk="frozen")


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return _with_used_statistics(AMB(LITE)).eval()


@pytest.fixture(scope="module")
def clip():
    torch.manual_seed(1)
    return torch.randn(3, 3, 64, 64), torch.rand(3, 64, 64)


def _with_used_statistics(net):
    """Batch norms with numbers that differ from their initial ones."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return net


def _segment(net, images, key, value):
    return net.segment(net.encode(images), key, value, location_map(64, net.config.location_scale))


@torch.inference_mode()
def test_shapes_of_the_encoder():
    encoder = LightMemoryEncoder((24, 40, 112), 12)
    features = torch.rand(1, 112, 2, 4), torch.rand(1, 40, 4, 8), torch.rand(1, 24, 8, 16)
    assert encoder(torch.rand(3, 32, 64), *features).shape == (3, 12, 2, 4)


@torch.inference_mode()
def test_several_masks_on_one_crop_equal_one_by_one(net, clip):
    images, masks = clip
    frame = net.encode(images[:1])
    key, value = net.memorize(frame, masks)
    assert key.shape == (3, 16, 8)
    assert value.shape == (3, 16, 12)
    assert net.key_without_mask(frame, 3).equal(key)
    logits = _segment(net, images[1:2], key, value)
    assert logits.shape == (3, 2, 64, 64)
    for row in range(3):
        alone = net.memorize(frame, masks[row : row + 1])
        torch.testing.assert_close(value[row : row + 1], alone[1], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(logits[row : row + 1], _segment(net, images[1:2], *alone), atol=1e-4, rtol=1e-4)
    assert (value[0] - value[1]).abs().max() > 1e-3


@torch.inference_mode()
def test_the_key_is_the_images_alone(net, clip):
    """Whatever the mask, for remembered and for current frames."""
    images, masks = clip
    frame = net.encode(images[:1])
    for mask in masks.split(1):
        assert net.memorize(frame, mask)[0].equal(frame.key)
    assert not frame.key.equal(net.encode(images[1:2]).key)


@torch.inference_mode()
def test_remembering_costs_no_pass_of_the_trunk(net, clip):
    images, masks = clip
    frame, passes = net.encode(images[:1]), []
    hook = net.query_encoder.register_forward_hook(lambda *_: passes.append(1))
    net.memorize(frame, masks)
    hook.remove()
    assert passes == []


def test_the_filters_of_the_key_start_orthogonal(net):
    filters = net.query_key_value.conv.weight[:8].flatten(1)
    torch.testing.assert_close(filters @ filters.T, torch.eye(8), atol=1e-5, rtol=0)


def _grown(net, clip):
    """Names of parameters that a step of training would change."""
    images, masks = clip
    net.train()
    key, value = net.memorize(net.encode(images[:2]), masks[:2])
    _segment(net, images[1:], key, value).square().mean().backward()
    return {name for name, parameter in net.named_parameters() if parameter.grad is not None}


def test_a_frozen_trunk_has_no_gradients(clip):
    net = AMB(LITE)
    names = {name for name, _ in net.named_parameters()}
    assert _grown(net, clip) == {name for name in names if not name.startswith("query_encoder.")}
    assert not net.has_filter_encoder


def test_a_trained_trunk_leaves_the_filter_a_frozen_copy(clip):
    images, _ = clip
    torch.manual_seed(0)
    net = AMB(LITE.replace(trunk="trained"))
    assert net.has_filter_encoder
    names = {name for name, _ in net.named_parameters()}
    assert _grown(net, clip) == {name for name in names if not name.startswith("filter_encoder.")}
    net.eval()
    with torch.inference_mode():
        before = net.filter_features(images)
        for parameter in net.query_encoder.parameters():
            parameter.mul_(0.5)
        assert net.filter_features(images).equal(before)
        assert not net.encode(images).r4.equal(before)


def test_both_copies_of_a_trained_trunk_start_alike(tmp_path):
    from libs.models.backbone import Backbone

    torch.save(Backbone("tf_efficientnet_lite0").net.state_dict(), tmp_path / "lite0.pth")
    net = AMB(LITE.replace(trunk="trained"), tmp_path / "lite0.pth").eval()
    images = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        assert net.filter_features(images).equal(net.encode(images).r4)


@torch.inference_mode()
def test_the_filters_features_are_the_trunks_where_it_is_frozen(net, clip):
    assert net.filter_features(clip[0]).equal(net.encode(clip[0]).r4)


@torch.inference_mode()
def test_folded_batch_norms_with_activations_change_rounding_only(net, clip):
    """timm's EfficientNets have batch norms that include the activation."""
    images, masks = clip
    folded = prepare_for_inference(copy.deepcopy(net), "fp32")
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    outputs = []
    for each in (folded, net):
        frame = each.encode(images)
        outputs.append([*frame, *each.memorize(frame, masks), _segment(each, images, *each.memorize(frame, masks))])
    for ours, theirs in zip(*outputs, strict=True):
        assert (ours - theirs).abs().max() < 1e-4 * max(1, theirs.abs().max())
