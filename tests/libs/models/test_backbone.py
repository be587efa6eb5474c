import urllib.error

import pytest
import torch
import torchvision

from libs.models.backbone import ResNetTrunk
from libs.models.config import BACKBONE_CHANNELS
from libs.utils.errors import CheckpointError


@pytest.fixture(scope="module")
def resnet18_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(torchvision.models.resnet18().state_dict(), path)
    return path


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_strides_and_channels(name):
    trunk = ResNetTrunk(name).eval()
    shapes = [tuple(features.shape) for features in trunk(torch.zeros(2, 3, 64, 32))]
    c2, c3, c4 = BACKBONE_CHANNELS[name]
    assert shapes == [(2, c4, 4, 2), (2, c3, 8, 4), (2, c2, 16, 8)]


def test_weights_from_a_file_are_torchvisions(resnet18_file):
    model = torchvision.models.resnet18().eval()
    model.load_state_dict(torch.load(resnet18_file, weights_only=True))
    trunk = ResNetTrunk("resnet18", weights=resnet18_file).eval()
    image = torch.rand(1, 3, 32, 32)
    expected = model.layer1(model.maxpool(model.relu(model.bn1(model.conv1(image)))))
    torch.testing.assert_close(trunk(image)[2], expected)


def test_extra_channels_keep_the_pretrained_rgb_weights(resnet18_file):
    trunk = ResNetTrunk("resnet18", extra_channels=2, weights=resnet18_file)
    stored = torch.load(resnet18_file, weights_only=True)["conv1.weight"]
    assert trunk.conv1.weight.shape == (64, 5, 7, 7)
    torch.testing.assert_close(trunk.conv1.weight[:, :3], stored)
    assert trunk.conv1.weight[:, 3:].std() > 0


def test_imagenet_asks_torchvision_for_its_default_weights(monkeypatch):
    asked = []
    get_model = torchvision.models.get_model

    def offline_get_model(name, weights=None):
        asked.append((name, weights))
        return get_model(name, weights=None)

    monkeypatch.setattr(torchvision.models, "get_model", offline_get_model)
    ResNetTrunk("resnet18", weights="imagenet")
    ResNetTrunk("resnet18")
    assert asked == [("resnet18", "DEFAULT"), ("resnet18", None)]


def test_weights_of_another_architecture_are_refused(resnet18_file):
    with pytest.raises(CheckpointError, match=r"missing: layer1\.0\.bn3\.bias"):
        ResNetTrunk("resnet50", weights=resnet18_file)


def test_unreadable_weights_name_the_file(tmp_path):
    path = tmp_path / "broken.pth"
    path.write_bytes(b"no weights")
    with pytest.raises(CheckpointError, match=r"broken\.pth"):
        ResNetTrunk("resnet18", weights=path)


def test_without_a_network_the_download_says_what_else_to_give(monkeypatch):
    def get_model(name, weights):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(torchvision.models, "get_model", get_model)
    with pytest.raises(CheckpointError, match="backbone_weights=none"):
        ResNetTrunk("resnet18", weights="imagenet")
