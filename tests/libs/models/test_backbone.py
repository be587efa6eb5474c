"""Backbones of timm: their strides, their ImageNet weights from files and downloads, and what is refused."""

import pytest
import timm
import torch
import torchvision

from libs.models import timm_backbones
from libs.models.backbone import Backbone, backbone_channels
from libs.utils.errors import CheckpointError, SettingsError


@pytest.fixture(scope="module")
def resnet18_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(torchvision.models.resnet18().state_dict(), path)
    return path


@pytest.mark.parametrize(
    ("name", "channels"),
    [("resnet18", (64, 128, 256)), ("resnet50", (256, 512, 1024)), ("tf_efficientnet_lite2", (24, 48, 120))],
)
def test_strides_and_channels(name, channels):
    c2, c3, c4 = channels
    assert backbone_channels(name) == channels
    shapes = [tuple(features.shape) for features in Backbone(name).eval()(torch.zeros(2, 3, 64, 32))]
    assert shapes == [(2, c4, 4, 2), (2, c3, 8, 4), (2, c2, 16, 8)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("resnet19", "timm has no backbone 'resnet19'"),
        ("hf-hub:someone/anything", "timm has no backbone"),
        (18, "timm has no backbone 18"),
        ("vit_tiny_patch16_224", "has features at strides 16, 16, 16; DMB needs 4, 8 and 16"),
    ],
)
def test_what_is_no_backbone_is_refused(name, reason):
    with pytest.raises(SettingsError, match=reason):
        Backbone(name)


def test_stages_behind_the_last_one_that_is_read_are_not_kept():
    names = {name for name, _ in Backbone("tf_efficientnet_lite0").net.named_parameters()}
    assert any(name.startswith("blocks.4.") for name in names)
    assert not any(name.startswith(("blocks.5.", "blocks.6.")) for name in names)


def test_images_are_brought_to_the_normalisation_of_the_weights():
    """EfficientNet-Lite takes -1..1: white, (1 - mean) / deviation for ImageNet, must arrive as 1, black as -1."""
    backbone = Backbone("tf_efficientnet_lite0").eval()
    inputs = []
    backbone.net.register_forward_pre_hook(lambda module, arguments: inputs.append(arguments[0]))
    mean, std = (torch.tensor(numbers)[:, None, None] for numbers in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    grey_levels = torch.cat([torch.ones(3, 32, 16), torch.zeros(3, 32, 16)], dim=2)
    backbone(((grey_levels - mean) / std)[None])
    torch.testing.assert_close(inputs[0][0], 2 * grey_levels - 1)


def test_weights_from_a_file_are_torchvisions(resnet18_file):
    model = torchvision.models.resnet18().eval()
    model.load_state_dict(torch.load(resnet18_file, weights_only=True))
    image = torch.rand(1, 3, 32, 32)
    expected = model.layer1(model.maxpool(model.relu(model.bn1(model.conv1(image)))))
    torch.testing.assert_close(Backbone("resnet18", weights=resnet18_file).eval()(image)[2], expected)


def test_extra_channels_keep_the_pretrained_rgb_weights(resnet18_file):
    net = Backbone("resnet18", extra_channels=2, weights=resnet18_file).net
    stored = torch.load(resnet18_file, weights_only=True)["conv1.weight"]
    assert net.conv1.weight.shape == (64, 5, 7, 7)
    torch.testing.assert_close(net.conv1.weight[:, :3], stored)
    assert net.conv1.weight[:, 3:].std() > 0


def test_imagenet_weights_are_those_that_timm_downloads(monkeypatch):
    """The download is simulated: a network with other weights, requested by torchvision's tag."""
    asked, create = [], timm.create_model

    def create_model(name, pretrained=False, **options):
        asked.extend([name] * pretrained)
        return create(name, **options)

    monkeypatch.setattr(timm_backbones.timm, "create_model", create_model)
    torch.manual_seed(3)
    backbone = Backbone("resnet18", extra_channels=1, weights="imagenet")
    assert asked == ["resnet18.tv_in1k"]
    torch.manual_seed(3)
    create("resnet18", features_only=True, out_indices=(1, 2, 3), in_chans=4)
    downloaded = create("resnet18", features_only=True, out_indices=(1, 2, 3))
    assert backbone.net.conv1.weight[:, :3].equal(downloaded.conv1.weight)
    assert backbone.net.layer3[1].conv2.weight.equal(downloaded.layer3[1].conv2.weight)


@pytest.mark.parametrize("error", [OSError("no network"), RuntimeError("no weights of this name")])
def test_without_a_download_the_error_says_what_else_to_give(monkeypatch, error):
    create = timm.create_model

    def create_model(name, pretrained=False, **options):
        if pretrained:
            raise error
        return create(name, **options)

    monkeypatch.setattr(timm_backbones.timm, "create_model", create_model)
    with pytest.raises(CheckpointError, match="backbone_weights=none"):
        Backbone("resnet18", weights="imagenet")


def test_a_file_without_batch_counters_is_read(tmp_path, resnet18_file):
    state = torch.load(resnet18_file, weights_only=True)
    old = {name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}
    torch.save(old, tmp_path / "old.pth")
    net = Backbone("resnet18", weights=tmp_path / "old.pth").net
    assert net.layer3[1].conv2.weight.equal(state["layer3.1.conv2.weight"])


def test_weights_of_another_architecture_are_refused(resnet18_file):
    with pytest.raises(CheckpointError, match=r"missing: layer1\.0\.bn3\.bias"):
        Backbone("resnet50", weights=resnet18_file)


def test_unreadable_weights_name_the_file(tmp_path):
    path = tmp_path / "broken.pth"
    path.write_bytes(b"no weights")
    with pytest.raises(CheckpointError, match=r"broken\.pth"):
        Backbone("resnet18", weights=path)
