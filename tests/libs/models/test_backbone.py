import hashlib
import shutil
import types
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


@pytest.fixture
def imagenet(monkeypatch, tmp_path, resnet18_file):
    """An empty cache, and weights on offer under their hash; lists the downloads (URL, hash that was asked for)."""
    prefix = hashlib.sha256(resnet18_file.read_bytes()).hexdigest()[:8]
    offered = types.SimpleNamespace(DEFAULT=types.SimpleNamespace(url=f"https://models.org/resnet18-{prefix}.pth"))
    downloads = []

    def download(url, path, hash_prefix):
        downloads.append((url, hash_prefix))
        shutil.copyfile(resnet18_file, path)

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    monkeypatch.setattr(torchvision.models, "get_model_weights", lambda name: offered)
    return types.SimpleNamespace(downloads=downloads, url=offered.DEFAULT.url, prefix=prefix, cache=tmp_path)


def test_imagenet_weights_are_downloaded_once_by_their_hash(imagenet, resnet18_file):
    ResNetTrunk("resnet18")
    assert imagenet.downloads == []
    trunks = [ResNetTrunk("resnet18", weights="imagenet") for _ in range(2)]
    assert imagenet.downloads == [(imagenet.url, imagenet.prefix)]
    stored = torch.load(resnet18_file, weights_only=True)["conv1.weight"]
    assert all(trunk.conv1.weight.equal(stored) for trunk in trunks)


def test_imagenet_weights_that_changed_in_the_cache_are_refused(imagenet):
    ResNetTrunk("resnet18", weights="imagenet")
    (path,) = (imagenet.cache / "checkpoints").iterdir()
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(CheckpointError, match=f"SHA-256 does not begin with {imagenet.prefix}; delete it"):
        ResNetTrunk("resnet18", weights="imagenet")


def test_a_file_without_batch_counters_is_read(tmp_path, resnet18_file):
    state = torch.load(resnet18_file, weights_only=True)
    old = {name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}
    torch.save(old, tmp_path / "old.pth")
    trunk = ResNetTrunk("resnet18", weights=tmp_path / "old.pth")
    assert trunk.layer3[1].conv2.weight.equal(state["layer3.1.conv2.weight"])


def test_weights_of_another_architecture_are_refused(resnet18_file):
    with pytest.raises(CheckpointError, match=r"missing: layer1\.0\.bn3\.bias"):
        ResNetTrunk("resnet50", weights=resnet18_file)


def test_unreadable_weights_name_the_file(tmp_path):
    path = tmp_path / "broken.pth"
    path.write_bytes(b"no weights")
    with pytest.raises(CheckpointError, match=r"broken\.pth"):
        ResNetTrunk("resnet18", weights=path)


@pytest.mark.parametrize("error", [urllib.error.URLError("no network"), RuntimeError("invalid hash value")])
def test_without_a_download_the_error_says_what_else_to_give(imagenet, monkeypatch, error):
    def download(url, path, hash_prefix):
        raise error

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    with pytest.raises(CheckpointError, match="backbone_weights=none"):
        ResNetTrunk("resnet18", weights="imagenet")
