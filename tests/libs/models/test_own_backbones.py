"""User-defined backbones: what they must return, who may cause their import, weights from files."""

import importlib.metadata
import sys

import pytest
import torch
from torch import nn

from libs.models import own_backbones
from libs.models.backbone import Backbone, backbone_channels
from libs.models.own_backbones import import_backbone
from libs.utils.errors import CheckpointError, SettingsError


class Pooled(nn.Module):
    """Convolutions of an image that was shrunk by averaging, at strides that can be changed."""

    strides = (4, 8, 16)

    def __init__(self, in_channels):
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(in_channels, width, 1, bias=False) for width in (2, 5, 7))

    def forward(self, images):
        pooled = [nn.functional.avg_pool2d(images, stride) for stride in self.strides]
        return [conv(each) for conv, each in zip(self.convolutions, pooled, strict=True)]


class Coarse(Pooled):
    strides = (8, 16, 32)


class Single(Pooled):
    def forward(self, images):
        return super().forward(images)[0]


NAME = f"{__name__}:Pooled"


def test_channels_and_features():
    assert backbone_channels(NAME) == (2, 5, 7)
    r4, r3, r2 = Backbone(NAME)(torch.zeros(2, 3, 32, 64))
    assert (r4.shape, r3.shape, r2.shape) == ((2, 7, 2, 4), (2, 5, 4, 8), (2, 2, 8, 16))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Coarse", r"gives \[\(1, 2, 8, 8\), .* DMB needs features \(N, C, H, W\) at strides 4, 8 and 16"),
        ("Single", "gives Tensor for an image of 64 x 64"),
        ("NAME", "is no backbone: write a torch.nn.Module"),
        ("Nothing", "has no attribute 'Nothing'"),
    ],
)
def test_what_is_no_backbone_is_refused(name, message):
    with pytest.raises(SettingsError, match=message):
        Backbone(f"{__name__}:{name}")


@pytest.mark.parametrize("name", ["resnet18", "", 18, "not a name:"])
def test_only_a_reference_is_imported(name):
    with pytest.raises(SettingsError, match="give module:Class"):
        import_backbone(name)


def test_a_name_alone_imports_nothing(tmp_path, monkeypatch):
    """As when it comes from a checkpoint."""
    (tmp_path / "strange.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SettingsError, match=r"a checkpoint does not import; name it \(--set backbone=strange:Net\)"):
        Backbone("strange:Net")
    assert "strange" not in sys.modules
    with pytest.raises(RuntimeError, match="imported"):
        import_backbone("strange:Net")


def test_what_a_package_offers_needs_its_name_only(monkeypatch):
    points = [importlib.metadata.EntryPoint("pooled", NAME, own_backbones.GROUP)]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points)
    own_backbones._offered.cache_clear()
    try:
        assert type(Backbone("pooled").net) is Pooled
    finally:
        own_backbones._offered.cache_clear()


def test_weights_from_a_file_leave_the_further_channels(tmp_path):
    state = Pooled(3).state_dict()
    torch.save(state, tmp_path / "pooled.pth")
    net = Backbone(NAME, weights=tmp_path / "pooled.pth").net
    assert all(net.state_dict()[name].equal(value) for name, value in state.items())
    # All three convolutions of this network take the image: only the first can be completed, the others do not fit.
    with pytest.raises(CheckpointError, match=r"convolutions.1.weight is \(5, 3, 1, 1\), the network has \(5, 5, 1, 1"):
        Backbone(NAME, extra_channels=2, weights=tmp_path / "pooled.pth")


def test_there_are_no_imagenet_weights():
    with pytest.raises(CheckpointError, match="has no ImageNet weights to download"):
        Backbone(NAME, weights="imagenet")
