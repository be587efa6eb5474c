"""The names in the released DMB / SAMN weights, and their conversion to ours."""

import torch
from torch import Tensor

from libs.models.amb import expected_state_dict
from libs.models.config import AMBConfig
from libs.models.state_dict import check_state_dict, without_wrappers
from libs.utils.errors import CheckpointError, SettingsError

# Our prefix -> the released one. The first that fits wins.
PREFIXES = {
    "query_encoder.net.layer1.": "Encoder_Q.res2.",
    "query_encoder.net.layer2.": "Encoder_Q.res3.",
    "query_encoder.net.layer3.": "Encoder_Q.res4.",
    "query_encoder.net.": "Encoder_Q.",
    "memory_encoder.net.layer1.": "Encoder_M.res2.",
    "memory_encoder.net.layer2.": "Encoder_M.res3.",
    "memory_encoder.net.layer3.": "Encoder_M.res4.",
    "memory_encoder.net.": "Encoder_M.",
    "query_key_value.": "KV_Q_r4.",
    "memory_key_value.": "KV_M_r4.",
    "decoder.input_conv.": "Decoder.convFM.",
    "decoder.input_block.": "Decoder.ResMM.",
    "decoder.refine8.skip_conv.": "Decoder.RF3.convFS.",
    "decoder.refine8.skip_block.": "Decoder.RF3.ResFS.",
    "decoder.refine8.block.": "Decoder.RF3.ResMM.",
    "decoder.refine4.skip_conv.": "Decoder.RF2.convFS.",
    "decoder.refine4.skip_block.": "Decoder.RF2.ResFS.",
    "decoder.refine4.block.": "Decoder.RF2.ResMM.",
    "decoder.predict.": "Decoder.pred2.",
}

# Released entries that are as long as keys, values and decoder are wide.
WIDTHS = ("KV_Q_r4.Key.bias", "KV_Q_r4.Value.bias", "Decoder.convFM.bias")

# Image normalisation constants that released files carry and our crops apply before the network.
DROPPED = {f"{encoder}.{name}" for encoder in ("Encoder_M", "Encoder_Q") for name in ("mean", "std")}


def convert_released(state_dict: dict[str, Tensor], source: object) -> tuple[dict[str, Tensor], AMBConfig]:
    """Convert a state dict with the released names; its shapes tell backbone and widths.

    Args:
        state_dict: name -> tensor, floating point of any precision; the names may carry wrappers' prefixes.
        source: what to call the file in messages.

    Returns:
        Our state dict (float32) and the `AMBConfig` of the released network: memory mask aggregated, location map
        divided by its width, crops of 384 pixels and factor 4.

    Raises:
        CheckpointError: naming missing, unexpected and misshapen entries by their released names.
    """
    given = without_wrappers(state_dict, source)
    given = {name: value for name, value in given.items() if name not in DROPPED}
    config = _read_config(given, source)
    expected = expected_state_dict(config)
    converted = {name: torch.empty_like(value, device="cpu") for name, value in expected.items()}
    views = released_views(converted, config)
    check_state_dict(given, views, source)
    for name, view in views.items():
        view.copy_(given[name])
    return converted, config


def released_views(state_dict: dict[str, Tensor], config: AMBConfig) -> dict[str, Tensor]:
    """Our state dict under the released names: dict released name -> tensor sharing our tensors' memory.

    Two of our convolutions combine several released ones: keys and values; image, object mask and background mask.
    """
    views = {}
    for name, tensor in state_dict.items():
        ours = next(prefix for prefix in PREFIXES if name.startswith(prefix))
        released = PREFIXES[ours] + name.removeprefix(ours)
        if name == "memory_encoder.net.conv1.weight":
            parts = ("conv1", "conv1_m", "conv1_o")
            tensors = tensor.split((3, 1, 1), dim=1)
            views |= {f"Encoder_M.{part}.weight": view for part, view in zip(parts, tensors, strict=True)}
        elif ".conv." in released and released.startswith("KV_"):
            key, value = tensor.split((config.key_dim, config.value_dim))
            views |= {released.replace("conv", "Key"): key, released.replace("conv", "Value"): value}
        else:
            views[released] = tensor
    return views


def _read_config(given: dict[str, Tensor], source: object) -> AMBConfig:
    missing = [name for name in WIDTHS if name not in given]
    if missing:
        raise CheckpointError(
            f"{source} holds neither a DMB checkpoint nor released DMB / SAMN weights (no entry {', '.join(missing)})"
        )
    backbone = "resnet50" if "Encoder_Q.res2.0.conv3.weight" in given else "resnet18"
    try:
        key_dim, value_dim, decoder_dim = (given[name].numel() for name in WIDTHS)
        return AMBConfig(backbone=backbone, key_dim=key_dim, value_dim=value_dim, decoder_dim=decoder_dim)
    except SettingsError as error:
        raise CheckpointError(f"{source} holds a network that this version cannot build: {error}") from error
