"""Converts EfficientNet weights from the names of `efficientnet_pytorch` and its packages to timm's."""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

SIGN = "_conv_stem.weight"
"""An entry that only files with those names have."""
AROUND = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
"""Parts outside the blocks: name there -> timm's name."""
EXPANDING = {
    "_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2", "_project_conv": "conv_pwl",
    "_bn2": "bn3", "_se_reduce": "se.conv_reduce", "_se_expand": "se.conv_expand",
}  # fmt: skip
"""Parts of a block that first widens its input."""
SEPARABLE = {**EXPANDING, "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
"""Parts of a block that does not."""


def is_efficientnet_pytorch(state: Mapping[str, Tensor]) -> bool:
    """Whether a state dict has these names."""
    return SIGN in state


def with_timm_names(state: Mapping[str, Tensor], timm_names: Iterable[str]) -> dict[str, Tensor]:
    """The same tensors under timm's names; entries of no such network keep theirs.

    The old names count blocks from first to last, timm's by stage.

    Args:
        state: name -> tensor.
        timm_names: the entries of timm's network with the same architecture, in its order.
    """
    blocks = list(dict.fromkeys(match[0] for name in timm_names if (match := re.match(r"blocks\.\d+\.\d+", name))))
    return {_timm_name(name, state, blocks): tensor for name, tensor in state.items()}


def _timm_name(name: str, state: Mapping[str, Tensor], blocks: list[str]) -> str:
    match = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
    if match is None:
        part, _, entry = name.partition(".")
        return f"{AROUND[part]}.{entry}" if part in AROUND else name
    number, part, entry = int(match[1]), match[2], match[3]
    parts = EXPANDING if f"_blocks.{number}._expand_conv.weight" in state else SEPARABLE
    return f"{blocks[number]}.{parts[part]}.{entry}" if number < len(blocks) and part in parts else name
