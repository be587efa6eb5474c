"""EfficientNet weights by the names of efficientnet_pytorch: every tensor of timm's comes from its counterpart."""

import timm
import torch

from libs.models.backbone import Backbone
from libs.models.efficientnet_names import is_efficientnet_pytorch, with_timm_names

# By hand, from both packages: a block that does not expand its input (the first), and one that does.
PAIRS = {
    "_conv_stem.weight": "conv_stem.weight",
    "_bn0.running_mean": "bn1.running_mean",
    "_blocks.0._depthwise_conv.weight": "blocks.0.0.conv_dw.weight",
    "_blocks.0._bn1.bias": "blocks.0.0.bn1.bias",
    "_blocks.0._project_conv.weight": "blocks.0.0.conv_pw.weight",
    "_blocks.0._bn2.weight": "blocks.0.0.bn2.weight",
    "_blocks.1._expand_conv.weight": "blocks.1.0.conv_pw.weight",
    "_blocks.1._bn0.weight": "blocks.1.0.bn1.weight",
    "_blocks.1._depthwise_conv.weight": "blocks.1.0.conv_dw.weight",
    "_blocks.1._bn1.running_var": "blocks.1.0.bn2.running_var",
    "_blocks.1._project_conv.weight": "blocks.1.0.conv_pwl.weight",
    "_blocks.1._bn2.bias": "blocks.1.0.bn3.bias",
    "_blocks.2._expand_conv.weight": "blocks.1.1.conv_pw.weight",
    "_conv_head.weight": "conv_head.weight",
    "_bn1.weight": "bn2.weight",
    "_fc.bias": "classifier.bias",
}


def test_names_by_hand():
    state = {name: torch.tensor(float(number)) for number, name in enumerate(PAIRS)}
    assert is_efficientnet_pytorch(state)
    timm_names = ["conv_stem.weight", "blocks.0.0.x", "blocks.1.0.x", "blocks.1.0.y", "blocks.1.1.x", "classifier.bias"]
    renamed = with_timm_names(state, timm_names)
    assert {name: int(value) for name, value in renamed.items()} == {
        name: number for number, name in enumerate(PAIRS.values())
    }


def test_what_is_of_no_such_network_keeps_its_name():
    state = {name: torch.zeros(1) for name in ("_conv_stem.weight", "_blocks.7._bn0.weight", "_blocks.0.odd.x", "odd")}
    assert set(with_timm_names(state, ["blocks.0.0.x"])) == {"conv_stem.weight", *list(state)[1:]}


def _lukemelas_names(state):
    """The names of a timm state dict in the other naming, without using the code that is tested."""
    blocks, renamed = {}, {}
    around = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1", "classifier": "_fc"}
    for name, value in state.items():
        parts = name.split(".")
        if parts[0] != "blocks":
            renamed[".".join([around[parts[0]], *parts[1:]])] = value
            continue
        stage, block, part, entry = parts[1:]
        number = blocks.setdefault((stage, block), len(blocks))
        if stage == "0":
            other = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}[part]
        else:
            other = {
                "conv_pw": "_expand_conv", "bn1": "_bn0", "conv_dw": "_depthwise_conv", "bn2": "_bn1",
                "conv_pwl": "_project_conv", "bn3": "_bn2",
            }[part]  # fmt: skip
        renamed[f"_blocks.{number}.{other}.{entry}"] = value
    return renamed


def test_a_backbone_starts_from_such_a_file(tmp_path):
    torch.manual_seed(0)
    whole = timm.create_model("tf_efficientnet_lite0").state_dict()
    torch.save(_lukemelas_names(whole), tmp_path / "efficientnet-lite0.pth")
    state = Backbone("tf_efficientnet_lite0", weights=tmp_path / "efficientnet-lite0.pth").net.state_dict()
    assert all(value.equal(whole[name]) for name, value in state.items())
